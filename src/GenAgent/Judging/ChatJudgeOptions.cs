namespace GenAgent.Judging;

/// <summary>How a judge asks its chat model. The defaults suit any model that sees images.</summary>
public sealed record ChatJudgeOptions
{
    /// <summary>The model to ask for, or null for the client's own.</summary>
    public string? ModelId { get; init; }

    /// <summary>Sampling temperature, in [0, 2], or null for the model's own. If a model rejects the setting, the request is repeated without it.</summary>
    public float? Temperature { get; init; } = 0f;

    /// <summary>The longest answer, in tokens, 1 or more; thinking models need room to think.</summary>
    public int MaxOutputTokens { get; init; } = 2048;

    /// <summary>How the JSON schema of the answer is enforced.</summary>
    public JsonMode JsonMode { get; init; }

    /// <summary>The most questions that a checklist may hold, 1 or more.</summary>
    public int MaxQuestions { get; init; } = 12;

    internal static ChatJudgeOptions Validate(ChatJudgeOptions options) => options switch
    {
        { Temperature: < 0 or > 2 or float.NaN } =>
            throw new ArgumentOutOfRangeException(nameof(options), options.Temperature, "A judge's Temperature is from 0 to 2, or null."),
        { MaxOutputTokens: < 1 } =>
            throw new ArgumentOutOfRangeException(nameof(options), options.MaxOutputTokens, "A judge's MaxOutputTokens is 1 or more."),
        { MaxQuestions: < 1 } =>
            throw new ArgumentOutOfRangeException(nameof(options), options.MaxQuestions, "A judge's MaxQuestions is 1 or more."),
        _ => options,
    };
}

/// <summary>Ways to enforce the JSON schema of an answer.</summary>
public enum JsonMode
{
    /// <summary>The backend's structured output; if a backend rejects it, the prompt is used from then on.</summary>
    Auto,

    /// <summary>The backend's structured output only.</summary>
    Schema,

    /// <summary>The schema is part of the prompt only.</summary>
    Prompted,
}
