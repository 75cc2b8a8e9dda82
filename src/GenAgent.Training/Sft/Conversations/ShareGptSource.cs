using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>
/// The conversations of a ShareGPT file, a JSON array or JSON Lines, whoever wrote it; images lie beside it. A record that carries its
/// trajectory is told from that.
/// </summary>
public sealed class ShareGptSource : IConversationSource
{
    private static readonly ShareGptJsonContext Json = new(ShareGptJsonContext.NewOptions());

    private readonly string _file;
    private readonly string _folder;
    private readonly ShareGptRecord[] _records;

    private ShareGptSource(string file, ShareGptRecord[] records, string identity)
        => (_file, _folder, _records, Identity) = (file, Path.GetDirectoryName(Path.GetFullPath(file))!, records, identity);

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public long Count => _records.Length;

    /// <summary>Reads a file; images are read when they are asked for.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no ShareGPT file, or is empty.</exception>
    public static ShareGptSource Open(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        if (!File.Exists(file)) throw new FileNotFoundException($"{file}: there is no such file of conversations.", file);
        var bytes = File.ReadAllBytes(file);
        try
        {
            var records = Parse(bytes);
            if (records.Length == 0) throw new InvalidDataException($"{file}: it holds no conversation.");
            return new ShareGptSource(file, records, string.Create(CultureInfo.InvariantCulture, $"{records.Length} conversations {Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}"));
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"{file}: {broken.Message}", broken);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">Texts and images do not fit each other; the message names file and record.</exception>
    public Conversation Read(long index, ulong seed)
    {
        var record = _records[index];
        try
        {
            if (record.Trajectory is { } json) return TrajectoryConversation.Of(TrajectoryJson.Read(Encoding.UTF8.GetBytes(json)), new TrajectoryFolder(_folder));
            var images = new Queue<string>(record.Images ?? []);
            List<ConversationTurn> turns = [.. record.System is { } system ? [new ConversationTurn("system", system)] : (ConversationTurn[])[]];
            turns.AddRange(record.Conversations.Select(turn => Turn(turn, images)));
            return images.Count == 0 ? new Conversation(turns) : throw new InvalidDataException($"{images.Count} images have no placeholder {ShareGptTurn.ImagePlaceholder} in the texts.");
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException)
        {
            throw new InvalidDataException($"{_file}, record {index + 1}: {broken.Message}", broken);
        }
    }

    private static ShareGptRecord[] Parse(byte[] bytes)
    {
        if (bytes.AsSpan().TrimStart(" \r\n\t"u8) is [(byte)'[', ..]) return JsonSerializer.Deserialize(bytes, Json.ShareGptRecordArray) ?? [];
        return [.. Encoding.UTF8.GetString(bytes).Split('\n').Where(line => !string.IsNullOrWhiteSpace(line)).Select(line => JsonSerializer.Deserialize(line, Json.ShareGptRecord) ?? throw new JsonException("A record is null."))];
    }

    private ConversationTurn Turn(ShareGptTurn turn, Queue<string> images) => turn.From switch
    {
        ShareGptTurn.Gpt => new ConversationTurn(ConversationTurn.Assistant, turn.Value),
        ShareGptTurn.FunctionCall => new ConversationTurn(ConversationTurn.Assistant, $"<tool_call>\n{turn.Value}\n</tool_call>"),
        _ => new ConversationTurn("user", [.. Parts(turn.Value, images)], Learned: false),
    };

    private IEnumerable<ConversationPart> Parts(string text, Queue<string> images)
    {
        var texts = text.Split(ShareGptTurn.ImagePlaceholder);
        for (var i = 0; i < texts.Length; i++)
        {
            if (i > 0)
            {
                if (!images.TryDequeue(out var path)) throw new InvalidDataException($"There are more placeholders {ShareGptTurn.ImagePlaceholder} than images.");
                yield return new ConversationFile(ExchangeFiles.Load(_folder, path).Data);
            }

            if (texts[i].Length > 0) yield return new ConversationText(texts[i]);
        }
    }
}
