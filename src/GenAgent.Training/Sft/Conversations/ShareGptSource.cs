using System.Globalization;
using System.Text;
using GenAgent.Storage;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>
/// The conversations of a ShareGPT file, a JSON array or JSON Lines, whoever wrote it; images lie beside it. A record that carries its
/// trajectory is told from that.
/// </summary>
public sealed class ShareGptSource : IConversationSource
{
    private readonly string _file;
    private readonly string _folder;
    private readonly ShareGptEntry[] _records;

    private ShareGptSource(string file, ShareGptEntry[] records, string identity)
    {
        (_file, _folder, _records, Identity) = (file, Path.GetDirectoryName(Path.GetFullPath(file))!, records, identity);
        Faults = [.. records.Where(record => record.Fault is not null).Select(record => $"{Name(record)}: {record.Fault}")];
    }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public long Count => _records.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Faults { get; }

    /// <summary>Reads a file; images are read when they are asked for. Faulty records are listed in <see cref="Faults"/>.</summary>
    /// <param name="file">A JSON or JSON Lines file.</param>
    /// <returns>The source.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no ShareGPT file, or is empty.</exception>
    public static ShareGptSource Open(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        if (!File.Exists(file)) throw new FileNotFoundException($"{file}: there is no such file of conversations.", file);
        ShareGptEntry[] records = [.. ShareGptRecords.ReadAsync(file).ToBlockingEnumerable()];
        if (records.Length == 0) throw new InvalidDataException($"{file}: it holds no conversation.");
        return new ShareGptSource(file, records, string.Create(CultureInfo.InvariantCulture, $"{records.Length} conversations {FileDigest.Of(file)[..16]}"));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The record is faulty, or an image cannot be read; the message names file and record.</exception>
    public Conversation Read(long index, ulong seed)
    {
        var entry = _records[index];
        try
        {
            var record = entry.Conversation ?? throw new InvalidDataException(entry.Fault);
            return (record.Trajectory is { } json
                ? TrajectoryConversation.Of(TrajectoryJson.Read(Encoding.UTF8.GetBytes(json)), new TrajectoryFolder(_folder)) : Tell(record))
                with { Name = Name(entry) };
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{Name(entry)}: {broken.Message}", broken);
        }
    }

    private string Name(ShareGptEntry entry) => string.Create(CultureInfo.InvariantCulture, $"{_file}, record {entry.Number}");

    private Conversation Tell(ShareGptConversation record)
    {
        record.RequireModelTurn();
        var images = new Queue<string>(record.Images);
        List<ConversationTurn> turns = [.. record.System is { } system ? [new ConversationTurn("system", system)] : (ConversationTurn[])[]];
        turns.AddRange(record.Turns.Select(turn => turn.IsModel
            ? new ConversationTurn(ConversationTurn.Assistant, [new ConversationText(turn.Text)], turn.Learned)
            : new ConversationTurn("user", [.. Parts(turn.Text, images)], Learned: false)));
        return new Conversation(turns);
    }

    private IEnumerable<ConversationPart> Parts(string text, Queue<string> images)
    {
        var texts = text.Split(ShareGptConversation.ImagePlaceholder);
        for (var i = 0; i < texts.Length; i++)
        {
            if (i > 0)
            {
                var path = images.Dequeue();
                yield return new ConversationFile(ShareGptRecords.LoadImage(_folder, path).Data) { Name = path.Length > 200 ? path[..200] : path };
            }

            if (texts[i].Length > 0) yield return new ConversationText(texts[i]);
        }
    }
}
