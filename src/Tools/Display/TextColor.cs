namespace TinySD.Tools.Display;

/// <summary>Colours of text on a terminal, out of the sixteen that every one knows.</summary>
internal enum TextColor
{
    Grey,
    Green,
}

/// <summary>What turns them on and off: ECMA-48's selection of graphic rendition.</summary>
internal static class TextColors
{
    public const string End = "\u001b[0m";

    public static string Begin(this TextColor color) => color == TextColor.Green ? "\u001b[32m" : "\u001b[90m";
}
