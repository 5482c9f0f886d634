namespace TinySD.Runtime.Layers;

/// <summary>How an attention scores a position of its memory for a query; Luong, Pham and Manning 2015, section 3.1.</summary>
public enum AttentionKind
{
    /// <summary>q · m: query and memory are of one width.</summary>
    Dot,

    /// <summary>q · (m W).</summary>
    General,

    /// <summary>v · tanh(q W' + m W + b), as Bahdanau, Cho and Bengio 2015.</summary>
    Concat,
}
