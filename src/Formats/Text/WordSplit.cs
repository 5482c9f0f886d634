namespace TinySD.Formats.Text;

/// <summary>What a word is at level <see cref="TextLevel.Word"/>; at other levels there are none.</summary>
public enum WordSplit
{
    /// <summary>What stands between ASCII white space.</summary>
    None,

    /// <summary>What stands between Unicode white space, and of that letters and digits apart from punctuation: a longest run of letters,
    /// marks and digits, or of one and the same other character. An apostrophe or a hyphen between two of the former stays, and a point or
    /// a comma between two digits; <c>&lt;unk&gt;</c> and <c>&lt;eos&gt;</c> stay whole.</summary>
    Simple,
}
