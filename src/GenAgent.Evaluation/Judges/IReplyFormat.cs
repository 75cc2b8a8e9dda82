using GenAgent.Evaluation.Benchmarks;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Judges;

/// <summary>
/// A published way of asking a model about an image and of reading its reply. Asking and reading are apart, and both are pure: kept replies are read again
/// without asking anybody. Implementations are immutable and safe to use from many tasks.
/// </summary>
public interface IReplyFormat
{
    /// <summary>Its name and version, as <c>geneval++/1</c>: stands beside every score, and changes whenever a question does.</summary>
    string Name { get; }

    /// <summary>How the model is asked.</summary>
    ReplySettings Settings { get; }

    /// <summary>The questions about an image of this task.</summary>
    /// <param name="task">The prompt with what a judge needs.</param>
    /// <returns>One question or more, in the order in which they are asked.</returns>
    IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task);

    /// <summary>Whether the published script would ask no further for this reply.</summary>
    /// <param name="reply">The judge's words.</param>
    /// <returns>False where the judge is asked again.</returns>
    bool IsUsable(JudgeReply reply);

    /// <summary>Reads the replies of one image, every try included.</summary>
    /// <param name="task">The prompt with what a judge needs.</param>
    /// <param name="replies">The replies, in the order in which they came.</param>
    /// <returns>What the replies say, question by question.</returns>
    ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies);
}
