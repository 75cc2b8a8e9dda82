using System.Text.Json;
using GenAgent.Torch.Tokenizers.Models;

namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>Reads <c>tokenizer.json</c>, the one-file format of the <c>tokenizers</c> library.</summary>
internal static class TokenizerJson
{
    /// <summary>Reads the parts of a tokenizer from the file's root.</summary>
    /// <exception cref="InvalidDataException">The file breaks the format or uses a part that is not known here; says where.</exception>
    public static TokenizerParts Read(JsonSection root)
    {
        var added = root["added_tokens"].IsNull ? [] : root["added_tokens"].Items().Select(token => AddedTokenReader.Read(token)).ToList();
        var normalizer = NormalizerReader.Read(root["normalizer"]);
        var preTokenizer = PreTokenizerReader.Read(root["pre_tokenizer"]);
        var modelSection = root["model"].Expect(JsonValueKind.Object);
        var model = ReadModel(modelSection, added, root["pre_tokenizer"]);
        var (prefix, suffix) = ReadTemplate(root["post_processor"]);
        return new TokenizerParts(normalizer, preTokenizer, model)
        {
            AddedTokens = added,
            DecoderStyle = Style(model, modelSection, root["decoder"]),
            PrefixIds = prefix,
            SuffixIds = suffix,
            PadId = root["padding"]["pad_id"] is { IsNull: false } pad ? pad.Int() : null,
        };
    }

    private static ITokenModel ReadModel(JsonSection model, List<AddedToken> added, JsonSection preTokenizer)
    {
        if (model["byte_fallback"].BoolOr(false))
        {
            throw model["byte_fallback"].Fault("not supported.");
        }

        // Files of older releases omit the type for BPE.
        return model["type"].TextOr("BPE") switch
        {
            "BPE" when PreTokenizerReader.IsByteLevel(preTokenizer) => ReadBpe(model),
            "BPE" => throw model.Fault("BPE without a ByteLevel pre-tokenizer is not supported."),
            "Unigram" => ReadUnigram(model, added),
            var other => throw model["type"].Fault($"\"{other}\" is not supported; BPE and Unigram are."),
        };
    }

    private static BpeModel ReadBpe(JsonSection model)
    {
        if (model["continuing_subword_prefix"].TextOr("").Length > 0 || model["ignore_merges"].BoolOr(false)
            || (!model["dropout"].IsNull && model["dropout"].Double() != 0))
        {
            throw model.Fault("continuing_subword_prefix, ignore_merges and dropout are not supported.");
        }

        var vocabulary = ReadVocabulary(model["vocab"]);
        var merges = model["merges"].Items().Select(ReadMerge).ToList();
        try
        {
            return new BpeModel(
                vocabulary,
                merges,
                model["end_of_word_suffix"].TextOr(""),
                model["unk_token"].IsNull ? null : model["unk_token"].Text());
        }
        catch (InvalidDataException fault)
        {
            throw model.Fault(fault.Message);
        }
    }

    /// <summary>Reads an object of tokens and ids.</summary>
    public static Dictionary<string, int> ReadVocabulary(JsonSection section)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in section.Members())
        {
            if (!vocabulary.TryAdd(token, id.Int()))
            {
                throw id.Fault("the token is there twice.");
            }
        }

        return vocabulary;
    }

    private static (string First, string Second) ReadMerge(JsonSection merge)
    {
        if (merge.Element.ValueKind == JsonValueKind.Array)
        {
            return merge.Items().ToList() is [var first, var second]
                ? (first.Text(), second.Text())
                : throw merge.Fault("a merge has two parts.");
        }

        return merge.Text().Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right]
            ? (left, right)
            : throw merge.Fault("two tokens with one blank between them expected.");
    }

    private static UnigramModel ReadUnigram(JsonSection model, List<AddedToken> added)
    {
        var pieces = model["vocab"].Items()
            .Select(
                item => item.Items().ToList() is [var token, var score] ? (token.Text(), score.Double()) : throw item.Fault("a token and its score expected."))
            .ToList();
        if (model["unk_id"].IsNull)
        {
            throw model["unk_id"].Fault("a Unigram model needs an unknown token.");
        }

        try
        {
            return new UnigramModel(pieces, model["unk_id"].Int(), added.Where(token => token.Special).Select(token => token.Id).ToHashSet());
        }
        catch (InvalidDataException fault)
        {
            throw model.Fault(fault.Message);
        }
    }

    private static (List<int> Prefix, List<int> Suffix) ReadTemplate(JsonSection processor)
    {
        List<int> prefix = [];
        List<int> suffix = [];
        switch (processor.IsNull ? "" : processor["type"].Text())
        {
            case "" or "ByteLevel":
                break;
            case "Sequence":
                foreach (var step in processor["processors"].Items())
                {
                    var (before, after) = ReadTemplate(step);
                    prefix.AddRange(before);
                    suffix.AddRange(after);
                }

                break;
            case "RobertaProcessing" or "BertProcessing":
                prefix.Add(processor["cls"].Items().ElementAtOrDefault(1).Int());
                suffix.Add(processor["sep"].Items().ElementAtOrDefault(1).Int());
                break;
            case "TemplateProcessing":
                var target = prefix;
                foreach (var item in processor["single"].Items())
                {
                    if (!item["Sequence"].IsNull)
                    {
                        target = suffix;
                    }
                    else
                    {
                        target.AddRange(processor["special_tokens"][item["SpecialToken"]["id"].Text()]["ids"].Items().Select(id => id.Int()));
                    }
                }

                break;
            case var other:
                throw processor["type"].Fault($"\"{other}\" is not supported.");
        }

        return (prefix, suffix);
    }

    private static DecoderStyle Style(ITokenModel model, JsonSection modelSection, JsonSection decoder) => model switch
    {
        BpeModel when modelSection["end_of_word_suffix"].TextOr("").Length > 0 => DecoderStyle.Trim,
        UnigramModel when !string.Equals(decoder["prepend_scheme"].TextOr("always"), "never", StringComparison.Ordinal) => DecoderStyle.DropFirstBlanks,
        _ => DecoderStyle.Plain,
    };
}
