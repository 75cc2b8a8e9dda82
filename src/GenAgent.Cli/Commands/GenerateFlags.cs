using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Validation;

namespace GenAgent.Cli.Commands;

/// <summary>The flags of <c>generate</c>. Most set an option of the configuration, and are checked there with it.</summary>
internal sealed class GenerateFlags : FlagGroup
{
    // The en dash, the em dash and the minus sign.
    private const string LongDashes = "\u2013\u2014\u2212";

    private readonly List<(Option<string?> Option, string Path)> _settings = [];

    public GenerateFlags()
    {
        _settings.Add((BackendFlag.Chat("--agent", "The agent's model, micro unless given"), "Backends:Agent"));
        _settings.Add((BackendFlag.Images("The image generator, micro unless given"), "Backends:Generator"));
        _settings.Add((BackendFlag.Judge("A model that chooses among images and scores the final one; or verifier, for the miniature world"),
            "Backends:Judge"));
        Setting("--judge-kind", "Judging:Kind", "KIND", "What the judge is asked: pointwise, checklist or pairwise.", "pointwise", "checklist", "pairwise");
        Setting("--rounds", "Agent:MaxRounds", "N", "The most rounds that make images; by default as many as the agent's model was trained with, else 4.");
        Setting("--candidates", "Agent:CandidatesPerRound", "N", "Images a round, of which the best is taken.");
        Setting("--seed", "Agent:Seed", "N", "Where all randomness comes from; the same seed gives the same images.");
        Setting("--steps", "Agent:Steps", "N", "Denoising steps.");
        Setting("--draft-steps", "Agent:DraftSteps", "N",
            "Denoising steps of the first image; by default --steps where given, else what the generator recommends.");
        Setting("--guidance", "Agent:GuidanceScale", "X", "Guidance scale.");
        Setting("--negative", "Agent:NegativePrompt", "TEXT", "What no image should show.");
        Setting("--style", "Agent:StyleHint", "TEXT", "The style to keep to.");
        Setting("--dialect", "Agent:Dialect", "NAME",
            "How agent and model talk: genagent, native (the server's function calls), genagent-v1 or genagent-v2; by default the model's own.", "genagent",
            "native", "genagent-v1", "genagent-v2");
        Setting("--instructions", "Agent:InstructionsFile", "FILE", "The system turn's text: a text file, or a Python file with a SYSTEM_PROMPT.");
        Setting("--budget-images", "Agent:MaxImages", "N", "The most images in all.");
        Setting("--budget-tokens", "Agent:MaxTokens", "N", "The most tokens that the agent's model may read and write.");
        Setting("--budget-seconds", "Agent:MaxSeconds", "S", "The longest that a prompt may take.");
        Setting("--out", "Run:Folder", "DIR", "The run folder; many prompts go on where they stopped when it is named again.");
        Setting("--jobs", "Run:Concurrency", "N", "Prompts of a file that are worked on at once.");
        Setting("--images", "Run:Images", "HOW", "How images are drawn in the terminal: auto, none, blocks, kitty, iterm or sixel.", "auto", "none", "blocks",
            "kitty", "iterm", "sixel");
        // The older form of --dialect.
        _settings.Add((new Option<string?>("--call-style") { Hidden = true }, "Agent:CallStyle"));
        Size.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !TryReadSize(token.Value, out _))
            {
                result.AddError($"--size {token.Value}: write WIDTHxHEIGHT in pixels, as in 1024x768, or one number for a square.");
            }
        });
    }

    public Argument<string[]> Prompt { get; } = new("prompt")
    {
        Description = "What the image should show; or - for prompts from standard input, one a line.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public Option<string?> Prompts { get; } =
        new("--prompts") { Description = "A file of prompts, one a line (or .jsonl with a \"prompt\" each); - for standard input.", HelpName = "FILE" };

    public Option<string?> Size { get; } = new("--size") { Description = "The images' size in pixels.", HelpName = "WxH" };

    public ToolFlag Tool { get; } = new();

    public override IEnumerable<Symbol> Symbols => [Tool.Option, Prompt, Prompts, Size, .. _settings.Select(setting => setting.Option)];

    /// <summary>The words of the prompt.</summary>
    /// <exception cref="CliException">One of them looks like a flag, and most likely is a mistyped one.</exception>
    public string[] Words(ParseResult parsed)
    {
        var words = parsed.GetValue(Prompt)!;
        var literal = parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash);
        return literal || words.FirstOrDefault(IsLikeFlag) is not { } flag
            ? words
            : throw new CliException(
                ExitCode.Usage, $"{flag} is no flag of generate.{Spelling.Hint(WithHyphens(flag), UsageErrors.FlagsOf(parsed.CommandResult.Command))} A prompt "
                + $"that begins so stands after --, as in: genagent generate -- \"{flag} ...\"\nSee: genagent generate --help");
    }

    // Word processors and chats make one long dash of two hyphens.
    private static bool IsLikeFlag(string word) => word is ['-', _, ..]
        || (word is [var dash, var letter, ..] && LongDashes.Contains(dash) && char.IsAsciiLetter(letter) && !word.Contains(' ', StringComparison.Ordinal));

    private static string WithHyphens(string flag) => LongDashes.Contains(flag[0]) ? $"--{flag[1..]}" : flag;

    /// <summary>What the flags set.</summary>
    public IEnumerable<FlagValue> Values(ParseResult parsed)
    {
        foreach (var (option, path) in _settings)
        {
            yield return new(path, parsed.GetValue(option), option.Name);
        }

        foreach (var tool in Tool.Values(parsed))
        {
            yield return tool;
        }

        if (parsed.GetValue(Size) is { } text && TryReadSize(text, out var size))
        {
            yield return new("Agent:Width", size.Width, Size.Name);
            yield return new("Agent:Height", size.Height, Size.Name);
        }
    }

    private static bool TryReadSize(string text, out (string Width, string Height) size)
    {
        var parts = text.Split('x', 'X', '×');
        size = (parts[0], parts[^1]);
        return parts.Length <= 2 && parts.All(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }

    private void Setting(string flag, string path, string value, string description, params string[] values)
    {
        var option = new Option<string?>(flag) { Description = description, HelpName = value };
        option.CompletionSources.Add(values);
        _settings.Add((option, path));
    }
}
