using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>Which trajectories of a folder are learned from.</summary>
/// <param name="LeastRounds">Least number of rounds that brought an image.</param>
/// <param name="MostRounds">Largest number of rounds that brought an image; 0 for any.</param>
public sealed record TrajectoryChoice(int LeastRounds = 0, int MostRounds = 0)
{
    internal bool Takes(Trajectory trajectory) =>
        trajectory.Rounds.Count > 0 && trajectory.ImageRounds >= LeastRounds && (MostRounds == 0 || trajectory.ImageRounds <= MostRounds);
}

/// <summary>The trajectories of a folder, in the order of writing. Images are read when they are asked for.</summary>
public sealed class TrajectorySource : IConversationSource
{
    private readonly TrajectoryFolder _folder;
    private readonly Trajectory[] _trajectories;

    private TrajectorySource(TrajectoryFolder folder, Trajectory[] trajectories, string identity) =>
        (_folder, _trajectories, Identity) = (folder, trajectories, identity);

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public long Count => _trajectories.Length;

    /// <summary>Reads a folder's trajectories.</summary>
    /// <param name="folder">Holds <c>trajectories.jsonl</c> and <c>images/</c>.</param>
    /// <param name="choice">Which of them are taken; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The source.</returns>
    /// <exception cref="FileNotFoundException">There is no file of trajectories.</exception>
    /// <exception cref="InvalidDataException">A line is no trajectory, or none is taken.</exception>
    public static TrajectorySource Open(string folder, TrajectoryChoice? choice = null, CancellationToken cancellationToken = default)
    {
        choice ??= new();
        var opened = new TrajectoryFolder(folder);
        if (!File.Exists(opened.TrajectoryFile))
        {
            throw new FileNotFoundException(
                $"{folder} holds no {TrajectoryFolder.FileName}: make trajectories first, or name another folder.", opened.TrajectoryFile);
        }
        Trajectory[] all = [.. opened.ReadAllAsync(cancellationToken: cancellationToken).ToBlockingEnumerable(cancellationToken).Where(choice.Takes)];
        if (all.Length == 0)
        {
            throw new InvalidDataException(
                $"{opened.TrajectoryFile}: no trajectory has a turn of the model and {choice.LeastRounds} to "
                    + $"{(choice.MostRounds == 0 ? "any number of" : choice.MostRounds)} rounds.");
        }
        return new TrajectorySource(opened, all, string.Create(CultureInfo.InvariantCulture, $"trajectories/3 {all.Length} {Digest(all)[..16]}"));
    }

    // Of all that a conversation is made of: two data sets may have the same ids.
    private static string Digest(IEnumerable<Trajectory> trajectories)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var trajectory in trajectories)
        {
            Add(
                trajectory.Id,
                TaggedTranscript.SystemText(trajectory),
                trajectory.Opening,
                string.Join(' ', trajectory.OriginalImages.Select(image => image.Id)),
                $"{trajectory.Task?.LearnFrom ?? 0}");
            var dialect = TaggedTranscript.DialectOf(trajectory);
            foreach (var round in trajectory.Conversation)
                Add(
                    TaggedTranscript.TurnText(round, dialect),
                    round.Shown is { } shown ? round.Images[shown].Id : round.ToolText ?? string.Empty,
                    string.Join(' ', round.Faults.Select(fault => $"{fault.Kind} {fault.Message}")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(params ReadOnlySpan<string> texts)
        {
            foreach (var text in texts)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(text));
                hash.AppendData([0]);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">An image cannot be read; the message names the trajectory.</exception>
    public Conversation Read(long index, ulong seed)
    {
        try
        {
            return TrajectoryConversation.Of(_trajectories[index], _folder);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{_folder.TrajectoryFile}, trajectory {_trajectories[index].Id}: {broken.Message}", broken);
        }
    }
}
