using GenAgent.Torch.Tokenizers.Normalizers;

namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>Reads the <c>normalizer</c> part of <c>tokenizer.json</c>.</summary>
internal static class NormalizerReader
{
    public static INormalizer Read(JsonSection section)
    {
        if (section.IsNull)
        {
            return new NormalizerSequence();
        }

        return section["type"].Text() switch
        {
            "Sequence" => new NormalizerSequence([.. section["normalizers"].Items().Select(Read)]),
            "NFC" => new NfcNormalizer(),
            "Lowercase" => new LowercaseNormalizer(),
            "Strip" => new StripNormalizer(section["strip_left"].BoolOr(true), section["strip_right"].BoolOr(true)),
            "Replace" => ReadReplace(section),
            "Precompiled" => ReadPrecompiled(section["precompiled_charsmap"]),
            var other => throw section["type"].Fault($"\"{other}\" is not supported; Sequence, NFC, Lowercase, Strip, Replace and Precompiled are."),
        };
    }

    private static ReplaceNormalizer ReadReplace(JsonSection section)
    {
        var pattern = section["pattern"];
        try
        {
            return pattern["String"].IsNull
                ? new ReplaceNormalizer(pattern["Regex"].Text(), section["content"].Text())
                : new ReplaceNormalizer(System.Text.RegularExpressions.Regex.Escape(pattern["String"].Text()), section["content"].Text());
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            throw pattern.Fault($"the pattern is not supported. {fault.Message}");
        }
    }

    private static INormalizer ReadPrecompiled(JsonSection section)
    {
        if (section.IsNull)
        {
            return new NormalizerSequence();
        }

        try
        {
            return new PrecompiledNormalizer(new CharsMap(Convert.FromBase64String(section.Text())));
        }
        catch (Exception fault) when (fault is FormatException or InvalidDataException)
        {
            throw section.Fault(fault.Message);
        }
    }
}
