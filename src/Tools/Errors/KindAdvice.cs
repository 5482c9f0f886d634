namespace TinySD.Tools.Errors;

/// <summary>What a model is for that a command cannot use.</summary>
internal static class KindAdvice
{
    /// <summary>A line about the file of a problem; null where it is about something else.</summary>
    public static string? For(FileProblem problem)
    {
        if (problem.Kind != FileProblemKind.WrongKind || !TsdFile.TryOpen(problem.File, out TsdFile? file, out _)) return null;
        using (file)
        {
            return file.Kind switch
            {
                LanguageModelFile.Kind => "A language model is for tinysd generate, score, eval, export and train lm --init-from.",
                ClassifierFile.Kind => "A classifier is for tinysd classify, eval, analyze and train classifier --init-from.",
                RegressorFile.Kind => "A regressor is for tinysd predict, eval, analyze and train regressor --init-from.",
                TaggerFile.Kind => "A tagger is for tinysd tag, eval and train tagger --init-from.",
                TranslatorFile.Kind => "A translator is for tinysd translate, eval and train translator --init-from.",
                RecurrentStackFile.Kind => "A recurrent stack is for tinysd run and export.",
                _ => null,
            };
        }
    }
}
