using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Agents;

/// <summary>
/// An agent that makes the image a user asks for: it thinks, calls the generator with a prompt of its own, looks at what comes back,
/// judges it, reflects, and stops when it is right or a limit is reached. One instance is safe to use from many tasks at once, and keeps
/// nothing of a run that is over. Being an <see cref="IImageGenerator"/>, it stands wherever one does.
/// </summary>
/// <remarks>Disposing of the agent disposes of the generator, as Microsoft's delegating generators do; the chat client stays its owner's.</remarks>
public sealed partial class ImageAgent : DelegatingImageGenerator
{
    /// <summary>Creates an agent.</summary>
    /// <param name="chatClient">The agent's model.</param>
    /// <param name="generator">Its tool.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <param name="selector">Who chooses among images where the agent does not; null for the first candidate, and the last image.</param>
    /// <param name="loggerFactory">Where it writes its log; null for nowhere.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public ImageAgent(
        IChatClient chatClient,
        IImageGenerator generator,
        ImageAgentOptions? options = null,
        IAttemptSelector? selector = null,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null)
        : base(generator)
    {
        ArgumentNullException.ThrowIfNull(chatClient);
        Options = options ?? new ImageAgentOptions();
    }

    /// <summary>How the agent runs.</summary>
    public ImageAgentOptions Options { get; }

    /// <summary>Runs once, and returns the best image with all that led to it.</summary>
    /// <exception cref="ArgumentException">The prompt is empty, too long, or holds control characters.</exception>
    /// <exception cref="NoImageException">The run ended before it made an image.</exception>
    /// <exception cref="RunCanceledException">The run was cancelled before it made an image. With an image, cancellation returns it.</exception>
    public Task<AgentResult> RunAsync(AgentRequest request, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Runs once, and tells what happens as it happens. Leaving the enumeration early cancels the run.</summary>
    /// <remarks>Throws what <see cref="RunAsync"/> throws. Cancelling ends the run, which then still returns its best image in <see cref="RunCompletedEvent"/>.</remarks>
    public IAsyncEnumerable<AgentEvent> RunStreamingAsync(AgentRequest request, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Runs once, and returns what happened, with or without an image: for trainers and evaluations, to whom a failed run is data too.</summary>
    /// <exception cref="ArgumentException">The prompt is empty, too long, or holds control characters.</exception>
    public Task<AgentResult> RolloutAsync(AgentRequest request, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
