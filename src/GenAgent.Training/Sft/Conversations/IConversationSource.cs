namespace GenAgent.Training.Sft.Conversations;

/// <summary>
/// Conversations to train on, by number. The same number and seed always give the same conversation, on any thread and in any order.
/// Safe to use from several threads at once.
/// </summary>
public interface IConversationSource
{
    /// <summary>What the source is made of, its seed and files included; a run is not resumed on another.</summary>
    string Identity { get; }

    /// <summary>Number of conversations, 1 or more; indices run from 0 to below it. <see cref="long.MaxValue"/> for a source without end.</summary>
    long Count { get; }

    /// <summary>
    /// What is wrong with single conversations, as far as opening the source told: one line each, which names it. Training does not begin on such a source.
    /// </summary>
    IReadOnlyList<string> Faults => [];

    /// <summary>A conversation.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="seed">For what is drawn anew each time that it comes up; a source without such draws passes it over.</param>
    /// <returns>The conversation; the same index gives the same one.</returns>
    Conversation Read(long index, ulong seed);
}
