using System.CommandLine;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

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
    /// <param name="parsed">The command line.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="warnings">Told where a cell has no peepholes.</param>
    public LanguageModelRecipe Apply(ParseResult parsed, LanguageModelRecipe recipe, Warnings warnings)
    {
        CellKind cell = parsed.GetValue(_cell) ?? recipe.Cell;
        bool isLstm = cell == CellKind.Lstm;
        bool? peepholes = Ranged.IsOn(parsed, _peepholes);
        warnings.NoEffect(peepholes == true && !isLstm, _peepholes.Name, $": --cell is {Names.Cells.Of(cell)}, and only LSTM cells have peepholes");
        return recipe with
        {
            Cell = cell,
            Peepholes = isLstm && (peepholes ?? recipe.Peepholes),
            ForgetBias = isLstm ? recipe.ForgetBias : 0f,
        };
    }
}
