using GenAgent.Micro.Rendering;

namespace GenAgent.Micro.Perception;

/// <summary>A lesson for a model without pretraining: a question about an image or about words, and its answer. Immutable.</summary>
/// <param name="Kind">What it teaches.</param>
/// <param name="Image">The image, 96 x 96; null for a question about words.</param>
/// <param name="Question">The text of the user turn.</param>
/// <param name="Answer">The answer that the model learns.</param>
public sealed record PerceptionExample(PerceptionKind Kind, RgbImage? Image, string Question, string Answer)
{
    /// <summary>Text of the model's turn before <see cref="Answer"/> that is given and not learned.</summary>
    public string Given { get; init; } = "";

    /// <summary>Whether the answer would continue after these words; then its end is not learned.</summary>
    public bool Unfinished { get; init; }

    /// <summary>The model's turn between the question and the image, whose call produced the image; read but not learned. Null for none.</summary>
    public string? FirstTurn { get; init; }
}

/// <summary>What an example teaches.</summary>
public enum PerceptionKind
{
    /// <summary>Describe everything that is visible, in the words of the judge turn.</summary>
    Describe,

    /// <summary>How many there are of a kind.</summary>
    Count,

    /// <summary>The colour of what is in a place.</summary>
    Color,

    /// <summary>Where something is.</summary>
    Where,

    /// <summary>Which of two is larger.</summary>
    Larger,

    /// <summary>Whether an image meets a prompt, and what is wrong: a whole judge section.</summary>
    Judge,

    /// <summary>Whether a given description meets a prompt, after an image that shows something else.</summary>
    OwnWords,

    /// <summary>The same inside a run: after the model's own plan and call, right or wrong, with everything that follows the judgment.</summary>
    OwnTurn,

    /// <summary>A fact's answer.</summary>
    Fact,

    /// <summary>What a phrase that rests on facts means.</summary>
    Phrase,

    /// <summary>What a whole prompt means, group by group.</summary>
    Groups,

    /// <summary>A plan for groups, and the caption that follows from it.</summary>
    Plan,

    /// <summary>Another plan after a first one: the groups again, then the plan and its caption.</summary>
    PlanAgain,

    /// <summary>Whether a description meets a prompt: a whole judge section, without an image.</summary>
    Tally,

    /// <summary>What a request in free wording means, or why it cannot be drawn: a first turn up to the plan.</summary>
    Request,

    /// <summary>A whole first turn on a request in free wording.</summary>
    FirstTurn,

    /// <summary>Several facts of the request language at once, each with its answer.</summary>
    Recall,
}
