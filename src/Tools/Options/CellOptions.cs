using System.CommandLine;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Training;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Options;

/// <summary>The options that choose a model's recurrent cell.</summary>
internal sealed class CellOptions
{
    private readonly Option<CellKind?> _cell = Ranged.Choice("--cell", Names.Cells, "The recurrent cell. [default: the preset's]");
    private readonly Option<bool?> _peepholes = Ranged.Switch("--peepholes", "Let the gates of LSTM cells see the cell state.");

    /// <summary>Both, for commands that run the cells.</summary>
    public IEnumerable<Option> All => [_cell, _peepholes];

    /// <summary>The cell alone, for commands that only count products: peepholes make none.</summary>
    public Option Cell => _cell;

    /// <summary>A recipe with the cell that a command line asks for.</summary>
    /// <exception cref="UsageException">The two contradict each other.</exception>
    public LanguageModelRecipe Apply(ParseResult parsed, LanguageModelRecipe recipe)
    {
        CellKind cell = parsed.GetValue(_cell) ?? recipe.Cell;
        bool isLstm = cell == CellKind.Lstm;
        bool? peepholes = Ranged.IsOn(parsed, _peepholes);
        if (peepholes == true && !isLstm)
            throw new UsageException($"{_peepholes.Name} needs LSTM cells; --cell is {Names.Cells.Of(cell)}. Leave one of them out.");
        return recipe with
        {
            Cell = cell,
            Peepholes = isLstm && (peepholes ?? recipe.Peepholes),
            ForgetBias = isLstm ? recipe.ForgetBias : 0f,
        };
    }

    /// <summary>Whether a cell is asked for.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_cell) is not null;
}
