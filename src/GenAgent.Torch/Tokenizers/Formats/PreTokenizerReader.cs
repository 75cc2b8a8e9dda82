using GenAgent.Torch.Tokenizers.PreTokenizers;

namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>Reads the <c>pre_tokenizer</c> part of <c>tokenizer.json</c>.</summary>
internal static class PreTokenizerReader
{
    // Some CLIP files repeat these in the pattern; added tokens are split off before it is applied.
    private const string ClipSpecials = @"<\|startoftext\|>|<\|endoftext\|>|";

    public static IPreTokenizer Read(JsonSection section)
    {
        if (section.IsNull)
        {
            return new PreTokenizerSequence();
        }

        return section["type"].Text() switch
        {
            "Sequence" => new PreTokenizerSequence([.. section["pretokenizers"].Items().Select(Read)]),
            "WhitespaceSplit" => new WhitespacePreTokenizer(),
            "Metaspace" => ReadMetaspace(section),
            "Split" => ReadSplit(section),
            "ByteLevel" => ReadByteLevel(section),
            var other => throw section["type"].Fault($"\"{other}\" is not supported; Sequence, WhitespaceSplit, Metaspace, Split and ByteLevel are."),
        };
    }

    /// <summary>Whether a pre-tokenizer ends in the byte-level step, which BPE vocabularies of byte letters need.</summary>
    public static bool IsByteLevel(JsonSection section) => (section.IsNull ? "" : section["type"].Text()) switch
    {
        "ByteLevel" => true,
        "Sequence" => section["pretokenizers"].Items().Any(IsByteLevel),
        _ => false,
    };

    private static MetaspacePreTokenizer ReadMetaspace(JsonSection section)
    {
        var replacement = section["replacement"].TextOr("▁");
        if (replacement.Length != 1)
        {
            throw section["replacement"].Fault("one character expected.");
        }

        var scheme = section["prepend_scheme"].TextOr(section["add_prefix_space"].BoolOr(true) ? "always" : "never") switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw section["prepend_scheme"].Fault($"\"{other}\" is none of always, first, never."),
        };
        return new MetaspacePreTokenizer(replacement[0], scheme, section["split"].BoolOr(true));
    }

    private static ScannerPreTokenizer ReadSplit(JsonSection section)
    {
        var pattern = section["pattern"]["Regex"].Text();
        var known = pattern.StartsWith(ClipSpecials, StringComparison.Ordinal) ? pattern[ClipSpecials.Length..] : pattern;
        var scanner = PieceScanners.ForPattern(known)
            ?? throw section["pattern"].Fault($"the pattern \"{pattern}\" is not known; those of Qwen and CLIP are.");
        return (section["behavior"].Text(), section["invert"].BoolOr(false)) switch
        {
            ("Isolated", _) => new ScannerPreTokenizer(scanner, dropUnmatched: false),
            ("Removed", true) => new ScannerPreTokenizer(scanner, dropUnmatched: true),
            _ => throw section["behavior"].Fault("only Isolated, and Removed with invert, are supported."),
        };
    }

    private static IPreTokenizer ReadByteLevel(JsonSection section)
    {
        if (section["add_prefix_space"].BoolOr(true))
        {
            throw section["add_prefix_space"].Fault("not supported.");
        }

        return section["use_regex"].BoolOr(true)
            ? new ScannerPreTokenizer(PieceScanners.Gpt2, dropUnmatched: false)
            : new PreTokenizerSequence();
    }
}
