using GenAgent.Models;

namespace GenAgent.Running.Sharing;

/// <summary>Why a task failed, as it is told from the process of the worker to that of the run's owner.</summary>
/// <param name="Kind">The type of the exception, without its namespace.</param>
/// <param name="Message">What happened; without secrets.</param>
/// <param name="Status">The status of a server's answer; null for none.</param>
public sealed record TaskFailure(string Kind, string Message, int? Status = null)
{
    /// <summary>The failure of an exception.</summary>
    internal static TaskFailure Of(Exception exception) =>
        new(exception.GetType().Name, exception.Message, (exception as BackendException)?.Status);

    /// <summary>The exception in the owner's process.</summary>
    internal Exception ToException() => Kind switch
    {
        nameof(BackendUnavailableException) => new BackendUnavailableException(Message) { Status = Status },
        nameof(RateLimitException) => new RateLimitException(Message) { Status = Status },
        nameof(BackendAuthenticationException) => new BackendAuthenticationException(Message) { Status = Status },
        nameof(BackendRejectedException) => new BackendRejectedException(Message) { Status = Status },
        nameof(PromptRefusedException) => new PromptRefusedException(Message) { Status = Status },
        nameof(ContextLengthException) => new ContextLengthException(Message) { Status = Status },
        nameof(BackendAnswerException) => new BackendAnswerException(Message) { Status = Status },
        _ => new InvalidDataException($"A worker failed: {Message} ({Kind})"),
    };
}
