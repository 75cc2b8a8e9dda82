using GenAgent.Training.Sft.Conversations;

namespace GenAgent.Training.Sft;

/// <summary>The texts of a source, for a vocabulary to be learned from.</summary>
public static class ConversationTexts
{
    /// <summary>The texts of conversations evenly chosen from a source; from one without end, of the first ones.</summary>
    /// <param name="source">The source.</param>
    /// <param name="conversations">How many, at most.</param>
    /// <returns>The texts, one after the other.</returns>
    public static IEnumerable<string> Of(IConversationSource source, int conversations = 8192)
    {
        ArgumentNullException.ThrowIfNull(source);
        var count = Math.Min(source.Count, conversations);
        for (var i = 0L; i < count; i++)
        {
            var index = source.Count == long.MaxValue ? i : (long)((Int128)i * source.Count / count);
            foreach (var turn in source.Read(index, (ulong)i).Turns)
            {
                foreach (var text in turn.Parts.OfType<ConversationText>()) yield return text.Text;
            }
        }
    }
}
