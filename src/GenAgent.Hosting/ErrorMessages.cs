using System.Text.RegularExpressions;
using GenAgent.Agents;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Hosting;

/// <summary>What to tell a user of an exception.</summary>
public static partial class ErrorMessages
{
    // EMFILE and ENFILE.
    private static readonly int[] TooManyFiles = [24, 23];

    /// <summary>
    /// The message without the names of .NET's and the code's own types and parameters, and without a run's id, which the user did not choose.
    /// </summary>
    /// <param name="exception">What went wrong.</param>
    /// <returns>One sentence or more.</returns>
    public static string Of(Exception exception) => JsonFaults.InWords(ParameterName().Replace(MessageOf(exception), string.Empty));

    private static string MessageOf(Exception exception) => exception switch
    {
        TypeInitializationException { InnerException: { } cause } => Of(cause),
        OutOfMemoryException =>
            $"There is not enough memory ({exception.Message.TrimEnd('.')}). Choose a smaller model or fewer images at once, or raise the limit (ulimit -v).",
        FileNotFoundException or FileLoadException when exception.Message.Contains(", Version=", StringComparison.Ordinal) =>
            $"{exception.Message} Either the installation is not whole, or the limit of open files is too low (ulimit -n).",
        NoImageException { Trajectory.Id: var id } => exception.Message.Replace($"Run {id} made no image", "no image", StringComparison.Ordinal),
        RunCanceledException { Trajectory.Id: var id } => exception.Message.Replace($"Run {id} made no image", "no image", StringComparison.Ordinal),
        StorageException { Advice: { } advice } => $"{exception.Message} {advice}, and run the same command again.",
        IOException when TooManyFiles.Contains(exception.HResult) =>
            $"{exception.Message}. Raise the limit of open files (ulimit -n), and run the same command again.",
        _ => exception.Message,
    };

    // Also within the message of another exception that quotes it.
    [GeneratedRegex(@" \(Parameter '[^']*'\)", RegexOptions.None, matchTimeoutMilliseconds: Timeout.Infinite)]
    private static partial Regex ParameterName();
}
