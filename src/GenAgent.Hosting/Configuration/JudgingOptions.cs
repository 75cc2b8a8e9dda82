using System.ComponentModel.DataAnnotations;
using GenAgent.Judging;

namespace GenAgent.Hosting.Configuration;

/// <summary>How a judge works.</summary>
public sealed record JudgingOptions
{
    /// <summary>The section of a configuration that these options are read from.</summary>
    public const string SectionName = "Judging";

    /// <summary>What a chat model is asked.</summary>
    public JudgeKind Kind { get; set; } = JudgeKind.Pointwise;

    /// <summary>Sampling temperature; null for the model's own.</summary>
    [Range(0.0, 2.0)]
    public float? Temperature { get; set; } = 0f;

    /// <summary>The longest answer, in tokens.</summary>
    [Range(16, 1_000_000)]
    public int MaxOutputTokens { get; set; } = 2048;

    /// <summary>How an answer is held to its JSON schema.</summary>
    public JsonMode JsonMode { get; set; } = JsonMode.Auto;

    /// <summary>The most questions of a checklist.</summary>
    [Range(1, 100)]
    public int MaxQuestions { get; set; } = 12;

    /// <summary>How often a judge that gave no score is asked again.</summary>
    [Range(0, 10)]
    public int Retries { get; set; } = 1;

    /// <summary>Judgments at once.</summary>
    [Range(1, 1000)]
    public int Concurrency { get; set; } = 4;

    /// <summary>What is asked of the judge's chat model.</summary>
    /// <returns>The options of chat judges.</returns>
    public ChatJudgeOptions ToChatOptions() =>
        new() { Temperature = Temperature, MaxOutputTokens = MaxOutputTokens, JsonMode = JsonMode, MaxQuestions = MaxQuestions };
}

/// <summary>The kinds of question that a judge asks.</summary>
public enum JudgeKind
{
    /// <summary>A mark for each image.</summary>
    Pointwise,

    /// <summary>Yes/no questions made from the prompt.</summary>
    Checklist,

    /// <summary>Images are compared two by two, in both orders; the final image is not scored.</summary>
    Pairwise,
}
