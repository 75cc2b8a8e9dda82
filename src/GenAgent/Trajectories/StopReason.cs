namespace GenAgent.Trajectories;

/// <summary>Why a run ended. Whatever the reason, a run that made at least one image returns one.</summary>
public enum StopReason
{
    /// <summary>The agent gave its answer.</summary>
    Answered,

    /// <summary>The agent answered in words before it made any image, to say why it will not or cannot.</summary>
    Declined,

    /// <summary>
    /// The agent asked for more rounds than <c>MaxRounds</c>, took more turns than <c>MaxTurns</c>, or made its last image in a dialect that ends with it.
    /// </summary>
    RoundLimit,

    /// <summary>The agent asked for more images than <c>MaxImages</c>.</summary>
    ImageBudget,

    /// <summary>The model has read and written <c>MaxTokens</c> tokens.</summary>
    TokenBudget,

    /// <summary><c>MaxSeconds</c> have passed.</summary>
    TimeBudget,

    /// <summary>More turns broke the grammar than are allowed.</summary>
    BrokenTurns,

    /// <summary>More calls named a tool that does not exist than are allowed.</summary>
    UnknownTools,

    /// <summary>More calls had arguments that do not fit the tool than are allowed.</summary>
    BadArguments,

    /// <summary>More prompts were refused by a content filter than are allowed.</summary>
    RefusedPrompts,

    /// <summary>The generator failed more often than is allowed.</summary>
    GeneratorFailures,

    /// <summary>More images were corrupt, too large or of the wrong size than are allowed.</summary>
    BadImages,

    /// <summary>The agent's model failed, after all retries.</summary>
    ModelFailed,

    /// <summary>The caller cancelled the run.</summary>
    Cancelled,
}
