namespace GenAgent.Cli.Hosting;

/// <summary>What <c>genagent</c> ends with. Scripts rely on these numbers: they never change their meaning.</summary>
internal enum ExitCode
{
    /// <summary>Everything that was asked for is done.</summary>
    Success = 0,

    /// <summary>An error that has no number of its own; most likely a fault of genagent itself.</summary>
    Failed = 1,

    /// <summary>A flag, an option or a file that was given is wrong: the same call will fail again.</summary>
    Usage = 2,

    /// <summary>
    /// The agent ended without an image: it declined, a budget was spent, or too much went wrong. Of many prompts: at least one did, and the same call does
    /// none again.
    /// </summary>
    NoImage = 3,

    /// <summary>A chat model or an image generator cannot be reached, or refuses to work.</summary>
    Backend = 4,

    /// <summary>A file or folder cannot be read or written, or there is too little of something: disk, memory, file handles.</summary>
    Storage = 5,

    /// <summary>Some of many prompts are done, and the same call does others again, which failed or were not reached.</summary>
    Partial = 6,

    /// <summary>A check found a fault: one of <c>doctor</c>'s, or an image that <c>traj replay</c> could not make again.</summary>
    CheckFailed = 7,

    /// <summary>Stopped because the terminal is gone (SIGHUP); the best attempt so far is kept.</summary>
    HungUp = 129,

    /// <summary>Stopped by Ctrl-C (SIGINT); the best attempt so far is kept.</summary>
    Cancelled = 130,

    /// <summary>Stopped by SIGTERM; the best attempt so far is kept.</summary>
    Terminated = 143,
}
