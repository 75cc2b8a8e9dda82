using System.Collections.ObjectModel;

namespace GenAgent.Torch.Generation;

/// <summary>How tokens are chosen. The defaults sample from the model's own distribution.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits, 0 or more; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Keeps the likeliest tokens that together reach this probability, above 0 and up to 1; 1 keeps all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keeps this many of the likeliest tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps tokens at least this likely against the likeliest, 0 to 1; 0 keeps all.</summary>
    public double MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens that the sequence has already, above 0; 1 does nothing.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Seed of the draws: the same request with the same seed gives the same tokens in any batch. Null lets the engine derive one.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Ends after this many tokens, 1 or more; null for as many as fit.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Ids that end the sequence; they are part of it.</summary>
    public IReadOnlyList<int> StopIds { get; init; } = [];

    /// <summary>Texts that end the sequence as soon as the generated text holds one; the tokens that make it up are part of the sequence.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>
    /// Bias added to the logits of these ids before anything else: makes a model use a word more or less often.
    /// </summary>
    public IReadOnlyDictionary<int, double> LogitBias { get; init; } = ReadOnlyDictionary<int, double>.Empty;

    /// <summary>Ids that are never sampled.</summary>
    public IReadOnlyList<int> BannedIds { get; init; } = [];

    /// <summary>Whether vision token ids, which only an image may insert, are also never sampled.</summary>
    public bool BanVisionIds { get; init; } = true;

    /// <summary>
    /// Whether log-probabilities are those at temperature 1. By default they are those at the sampling temperature (1 where that is 0).
    /// Either way they are computed over all ids, before penalties, bans and truncation, as a trainer recomputes them from the logits.
    /// </summary>
    public bool LogProbsAtTemperatureOne { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal void Validate(bool hasTokenizer)
    {
        Require(double.IsFinite(Temperature) && Temperature >= 0, nameof(Temperature), Temperature, "0 or more");
        Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and up to 1");
        Require(TopK >= 0, nameof(TopK), TopK, "0 or more");
        Require(MinP is >= 0 and <= 1, nameof(MinP), MinP, "0 to 1");
        Require(double.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, nameof(RepetitionPenalty), RepetitionPenalty, "above 0");
        Require(LogitBias.Values.All(double.IsFinite), nameof(LogitBias), "not a number for an id", "finite; ids that may never come belong in BannedIds");
        Require(MaxTokens is null or >= 1, nameof(MaxTokens), MaxTokens, "1 or more");
        Require(StopStrings.All(stop => stop.Length > 0), nameof(StopStrings), "an empty text", "texts of one character or more");
        Require(StopStrings.Count == 0 || hasTokenizer, nameof(StopStrings), "given", "left out: this engine has no tokenizer to read them with");
    }

    private static void Require(bool holds, string name, object? value, string range)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(SamplingOptions)}.{name} is {value}, but must be {range}."), name);
        }
    }
}
