using System.Runtime.CompilerServices;
using System.Text.Json;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories.Exchange;

/// <summary>A record of a file, or why it cannot be read.</summary>
/// <param name="Number">Its number in the file, from 1.</param>
/// <param name="Conversation">The record; null where it is faulty.</param>
/// <param name="Fault">What is wrong with it; null if it is valid.</param>
public sealed record ShareGptEntry(long Number, ShareGptConversation? Conversation, string? Fault);

/// <summary>The records of a ShareGPT file, a JSON array or JSON Lines: used by both import and training.</summary>
public static class ShareGptRecords
{
    /// <summary>Reads a file to its end; a faulty record does not end the reading.</summary>
    /// <param name="file">The file.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The records, in order, each with its fault if it has one.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file stops being valid JSON at some record, or its description is damaged; the message names file and
    /// record.</exception>
    public static async IAsyncEnumerable<ShareGptEntry> ReadAsync(string file, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var layout = ShareGptLayout.Of(file);
        var number = 0L;
        await foreach (var record in JsonRecords.ReadAsync(file, cancellationToken)) yield return Read(layout, record, ++number);
    }

    /// <summary>Reads an image by the path in a record, which must be below the file's folder.</summary>
    /// <param name="folder">The absolute path of the file's folder.</param>
    /// <param name="path">The image's path as the record gives it.</param>
    /// <returns>The image's bytes.</returns>
    /// <exception cref="InvalidDataException">The path leads out of the folder.</exception>
    public static DataContent LoadImage(string folder, string path) => ExchangeFiles.Load(folder, path);

    private static ShareGptEntry Read(ShareGptLayout layout, JsonElement record, long number)
    {
        try
        {
            return new ShareGptEntry(number, new ShareGptRecordReader(layout, record).Read(), Fault: null);
        }
        catch (Exception broken) when (broken is InvalidDataException or InvalidOperationException or JsonException)
        {
            return new ShareGptEntry(number, Conversation: null, broken.Message);
        }
    }
}
