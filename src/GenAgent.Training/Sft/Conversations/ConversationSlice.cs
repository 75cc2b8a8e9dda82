using System.Globalization;
using GenAgent.Seeds;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>A part of a source, shuffled by a fixed seed first, so that what is held out is of the same kinds as what is trained on.</summary>
public sealed class ConversationSlice : IConversationSource
{
    // Far beyond any run's last sample of a source without end.
    private const long EndlessHeldOut = 1L << 40;

    private readonly IConversationSource _source;
    private readonly IndexPermutation? _order;
    private readonly long _first;

    private ConversationSlice(IConversationSource source, long first, long count)
    {
        (_source, _first, Count) = (source, first, count);
        _order = source.Count == long.MaxValue ? null : new IndexPermutation(source.Count, SeedPath.FromRoot(0).Child("slice"));
        Identity = string.Create(CultureInfo.InvariantCulture, $"{first} to {(count == long.MaxValue ? "end" : first + count)} of {source.Identity}");
    }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Faults => _source.Faults;

    /// <summary>Cuts a source into what is trained on and what is held out of it.</summary>
    /// <param name="source">The source.</param>
    /// <param name="heldOut">How many are held out, 1 or more.</param>
    /// <returns>What is trained on, and what is held out.</returns>
    /// <exception cref="InvalidDataException">Nothing is left to train on.</exception>
    public static (IConversationSource Training, IConversationSource HeldOut) HoldOut(IConversationSource source, long heldOut)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(heldOut, 1);
        if (source.Count == long.MaxValue) return (source, new ConversationSlice(source, EndlessHeldOut, heldOut));
        if (source.Count <= heldOut)
            throw new InvalidDataException($"{heldOut} conversations are to be held out, but the data has {source.Count}: hold out fewer, or give more data.");
        return (new ConversationSlice(source, 0, source.Count - heldOut), new ConversationSlice(source, source.Count - heldOut, heldOut));
    }

    /// <inheritdoc/>
    public Conversation Read(long index, ulong seed) => _source.Read(_order is null ? _first + index : _order[_first + index], seed);
}
