namespace GenAgent.Trajectories;

/// <summary>A file could not be written: the message names the file and the cause in plain words, <see cref="Advice"/> says what helps.</summary>
public sealed class StorageException : IOException
{
    // ENOSPC and EDQUOT of Linux and macOS, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL of Windows.
    private static readonly int[] FullDisk = [28, 122, 69, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    /// <summary>Creates the exception.</summary>
    /// <param name="what">The file, and what of it, as the beginning of a sentence.</param>
    /// <param name="cause">What .NET threw, one that <see cref="IsCause"/>.</param>
    /// <param name="after">What is to be said of the state that things are left in; null for nothing.</param>
    public StorageException(string what, Exception cause, string? after = null)
        : base($"{what}: {Reason(cause)}{(after is null ? string.Empty : " " + after)}", cause)
    {
        HResult = cause.HResult;
        Advice = cause switch
        {
            ArgumentOutOfRangeException => "Raise the limit",
            UnauthorizedAccessException => "Change the permissions",
            _ when FullDisk.Contains(cause.HResult) => "Free some space",
            _ => null,
        };
    }

    /// <summary>What helps, as the beginning of a sentence that goes on with what to do then; null where the message says it, or nobody knows.</summary>
    public string? Advice { get; }

    /// <summary>Whether the exception is what .NET throws when a file cannot be written. It blames an argument where a file outgrows a limit.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <returns>True if it is one.</returns>
    public static bool IsCause(Exception exception) => exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    private static string Reason(Exception cause) => cause switch
    {
        ArgumentOutOfRangeException => "it would grow larger than a file may be here (ulimit -f, or a limit of the file system).",
        _ when FullDisk.Contains(cause.HResult) => $"the disk is full ({cause.Message}).",
        _ => cause.Message,
    };
}
