using GenAgent.Micro.Rendering;

namespace GenAgent.Micro.Perception;

/// <summary>A lesson for a model without pretraining: a question, about an image or about words, and its answer. Immutable.</summary>
/// <param name="Kind">What it teaches.</param>
/// <param name="Image">The image, 96 x 96; null for a question about words.</param>
/// <param name="Question">What the user turn says beside the image.</param>
/// <param name="Answer">What the model is to say.</param>
public sealed record PerceptionExample(PerceptionKind Kind, RgbImage? Image, string Question, string Answer)
{
    /// <summary>How the answer begins before <see cref="Answer"/>: words that stand there as the model's own, and are not to be learned.</summary>
    public string Given { get; init; } = "";

    /// <summary>Whether the answer goes on after these words, in ways that are not taught here: then its end is not learned.</summary>
    public bool Unfinished { get; init; }

    /// <summary>The model's own turn between the question and the image, which then is what its call brought: read, and not learned. Null for none.</summary>
    public string? FirstTurn { get; init; }
}

/// <summary>What an example teaches.</summary>
public enum PerceptionKind
{
    /// <summary>Everything that is seen, in the words of the judge turn.</summary>
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

    /// <summary>How the model's own description, which is given, meets a prompt, with an image before it that shows something else.</summary>
    OwnWords,

    /// <summary>The same at work: after the model's own plan and call, right or wrong, and with all that follows the judgment.</summary>
    OwnTurn,

    /// <summary>A fact's answer.</summary>
    Fact,

    /// <summary>What a phrase that rests on facts means.</summary>
    Phrase,

    /// <summary>What a whole prompt means, group by group.</summary>
    Groups,

    /// <summary>A plan for groups, and the caption that follows from it.</summary>
    Plan,

    /// <summary>Another plan after a first: the groups said again, then the plan and its caption.</summary>
    PlanAgain,

    /// <summary>Whether what is described meets a prompt: a whole judge section, without an image that might say something else.</summary>
    Tally,

    /// <summary>What a request in free wording means, or why it cannot be drawn: a first turn up to the plan.</summary>
    Request,

    /// <summary>A whole first turn on a request in free wording.</summary>
    FirstTurn,

    /// <summary>Several facts of the request language at once, each with its answer.</summary>
    Recall,
}
