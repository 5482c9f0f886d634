namespace TinySD.Runtime.Models;

/// <summary>How tags of words say where an entity begins and ends.</summary>
public enum TagScheme
{
    /// <summary>Not at all: every tag stands for itself, as parts of speech do.</summary>
    None,

    /// <summary>I- within an entity; B- only where one of the same type ends right before (Ramshaw &amp; Marcus 1995).</summary>
    Iob1,

    /// <summary>B- at every entity's first word, I- at the others (Tjong Kim Sang &amp; Veenstra 1999).</summary>
    Iob2,

    /// <summary>S- for an entity of one word; else B- at the first, E- at the last and I- between. Also known as IOBES, and with
    /// L- and U- for E- and S- as BILOU.</summary>
    Bioes,
}
