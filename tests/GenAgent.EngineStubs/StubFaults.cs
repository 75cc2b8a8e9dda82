namespace GenAgent.EngineStubs;

/// <summary>
/// Faults that can be switched on, at once or by <c>POST /stub/faults</c>. Counts say how many of the next answers have the fault. Safe to change at any time.
/// </summary>
public sealed class StubFaults
{
    private readonly Lock _lock = new();
    private readonly Dictionary<StubFault, int> _left = [];

    /// <summary>The wait before each answer.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Switches a fault on.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="answers">For how many answers; 0 switches it off.</param>
    public void Set(StubFault fault, int answers = int.MaxValue)
    {
        lock (_lock) _left[fault] = answers;
    }

    /// <summary>Whether this answer has the fault; counts it.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns>True for an answer with the fault.</returns>
    public bool Take(StubFault fault)
    {
        lock (_lock)
        {
            if (_left.GetValueOrDefault(fault) is not (> 0 and var left)) return false;
            _left[fault] = left == int.MaxValue ? left : left - 1;
            return true;
        }
    }

    /// <summary>Whether the fault is on; does not count.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns>True if it is on.</returns>
    public bool IsOn(StubFault fault)
    {
        lock (_lock) return _left.GetValueOrDefault(fault) > 0;
    }
}

/// <summary>A fault of a server.</summary>
public enum StubFault
{
    /// <summary>The connection breaks in the middle of the answer.</summary>
    BreakOff,

    /// <summary>The process dies in the middle of the answer.</summary>
    Die,

    /// <summary>The answer never ends.</summary>
    Endless,

    /// <summary>Status 503: overloaded.</summary>
    Overloaded,

    /// <summary>Status 400: refused.</summary>
    Refuse,

    /// <summary>Status 429: to be tried again in an hour.</summary>
    RateLimited,

    /// <summary>The health check fails.</summary>
    Unhealthy,

    /// <summary>The weights' version changes before the answer.</summary>
    ChangeVersion,

    /// <summary>The weights' version changes in the middle of the answer.</summary>
    SplitVersion,

    /// <summary>The prompt's ids that the engine used differ from those that were sent.</summary>
    OtherPromptIds,

    /// <summary>SGLang: sampling settings that older versions do not know are refused.</summary>
    RefuseNewSettings,

    /// <summary>Its tokenizer gives other ids.</summary>
    OtherTokenizer,

    /// <summary>The images that the server remembered are gone.</summary>
    ForgetImages,

    /// <summary>Images are never taken by their hash alone.</summary>
    RefuseHashes,

    /// <summary>There is no cache of images: a hash alone is an error inside the engine.</summary>
    NoImageCache,

    /// <summary>One image pad more than the image has features.</summary>
    WrongPads,

    /// <summary>A log-probability is missing.</summary>
    MissingLogProb,

    /// <summary>The answer is no JSON.</summary>
    Garbage,

    /// <summary>The process dies when new weights are loaded, before the update is finished.</summary>
    DieInUpdate,

    /// <summary>The connection breaks when new weights are loaded, before the update is finished, which stays half-done.</summary>
    BreakUpdate,

    /// <summary>New weights are refused.</summary>
    RefuseUpdate,

    /// <summary>Loading new weights never ends.</summary>
    HangUpdate,

    /// <summary>An update keeps the version of the old weights.</summary>
    OldVersion,

    /// <summary>The server stays paused though it says that it goes on.</summary>
    StayPaused,
}
