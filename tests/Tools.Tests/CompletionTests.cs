using System.Diagnostics;

namespace TinySD.Tools.Tests;

/// <summary>The scripts for shells and the manual page: run by those programs where they are, and read here.</summary>
public sealed class CompletionTests
{
    [Test]
    [Arguments("tinysd tr", "train translate")]
    [Arguments("tinysd train ", "lm classifier regressor tagger translator")]
    [Arguments("tinysd train l", "lm")]
    [Arguments("tinysd train lm --dropout st", "structured structured-locked")]
    [Arguments("tinysd train lm --dropout=st", "structured structured-locked")]
    [Arguments("tinysd train lm --train lm --level ", "word char byte")]
    [Arguments("tinysd train lm --hid", "--hidden")]
    [Arguments("tinysd train lm --tied --ti", "--tied")]
    [Arguments("tinysd train lm --tied ", "true false")]
    [Arguments("tinysd train lm --preset gal-l", "gal-large")]
    [Arguments("tinysd train tagger --preset la", "lample")]
    [Arguments("tinysd hw simulate --profile systolic-1", "systolic-16x16 systolic-128x128")]
    [Arguments("tinysd reproduce classifier --separator ", "comma semicolon tab")]
    [Arguments("tinysd completion ", "bash zsh pwsh")]
    [Arguments("tinysd generate m", "")]
    [Arguments("tinysd train lm --out m", "")]
    public async Task Bash_completes(string line, string words)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("needs bash");
        string script = Tinysd.Run("completion", "bash").Out;
        const string drive = """
            line=$1
            IFS=' ' read -r -a COMP_WORDS <<< "${line//=/ = }"
            [[ $line == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _tinysd
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        string said = await RunAsync("bash", script + drive, line);
        await Assert.That(said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order())
            .IsEquivalentTo(words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Test]
    public async Task Zsh_takes_its_script()
    {
        if (!Has("zsh")) Skip.Test("there is no zsh here");
        string script = Tinysd.Run("completion", "zsh").Out;
        await Assert.That(script).StartsWith("#compdef tinysd\n");
        const string drive = """
            compadd() { shift; print -l -- "$@" }
            words=(tinysd train lm --dropout '')
            CURRENT=5
            _tinysd
            """;
        string said = await RunAsync("zsh", "compdef() { }\n" + script + drive);
        await Assert.That(said.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Contains("structured-locked");
    }

    [Test]
    [Arguments("bash")]
    [Arguments("zsh")]
    [Arguments("pwsh")]
    public async Task A_script_knows_every_option_and_no_name_of_the_code(string shell)
    {
        string script = Tinysd.Run("completion", shell).Out;
        foreach (string word in new[] { "--hidden", "--help-all", "--json", "nested-locked", "zaremba-small", "synthesize", "x64-avx2" })
            await Assert.That(script).Contains(word);
        foreach (string name in new[] { "StructuredLocked", "NestedLocked", "WhereMissing" })
            await Assert.That(script).DoesNotContain(name);
        CliResult unknown = Tinysd.Run("completion", "fish");
        await Assert.That(unknown.Code).IsEqualTo(2);
        await Assert.That(unknown.Error).StartsWith("tinysd completion: SHELL is 'fish'; expected one of bash, zsh, pwsh.\n");
    }

    [Test]
    public async Task The_manual_page_is_sound()
    {
        string page = Tinysd.Run("man").Out;
        await Assert.That(page).StartsWith(".TH TINYSD 1 ");
        string[] parts = [".SH NAME\n", ".SH SYNOPSIS\n", ".SH COMMANDS\n", ".SS \"tinysd train lm\"\n", ".SH EXIT STATUS\n"];
        foreach (string part in parts)
            await Assert.That(page).Contains(part);
        string plain = page.Replace("\\-", "-", StringComparison.Ordinal);
        foreach (string option in new[] { "--hidden <N>", "--resume <DIR>", "--json" })
            await Assert.That(plain).Contains($".B \"{option}\"");
        string[] known = [".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".nf", ".fi"];
        foreach (string line in page.Split('\n').Where(line => line.StartsWith('.') || line.StartsWith('\'')))
            await Assert.That(known).Contains(line.Split(' ')[0]);

        // It has no date, so that the same build makes the same page.
        if (Has("mandoc"))
        {
            string said = await RunAsync("mandoc -T lint -W warning", page);
            await Assert.That(said.Split('\n').Where(line => line.Length > 0 && !line.Contains("missing date", StringComparison.Ordinal)))
                .IsEmpty();
        }

        if (Has("groff")) await Assert.That(await RunAsync("groff -man -Tutf8 -ww -z", page)).IsEqualTo("");
    }

    private static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    // What a program says of a text on its standard input, all of it; a shell reads its script from there.
    private static async Task<string> RunAsync(string command, string input, params string[] args)
    {
        string[] words = [.. command.Split(' '), .. command is "bash" or "zsh" ? (string[])["-s", "--"] : [], .. args];
        using var process = Process.Start(new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), complaints = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return await said + await complaints;
    }
}
