using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Sft.Conversations;

namespace GenAgent.Training.Sft;

/// <summary>Reads all conversations of a source as training would, and says what is wrong with each.</summary>
public sealed class ConversationCheck
{
    private const int Shown = 20;

    private readonly ConversationEncoder? _encoder;

    private ConversationCheck(ConversationEncoder? encoder) => _encoder = encoder;

    /// <summary>A check for the model of a folder: texts must fit into its context, images into its processor.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">What bounds a conversation.</param>
    /// <returns>The check; the caller disposes it.</returns>
    /// <exception cref="IOException">The folder lacks a file.</exception>
    /// <exception cref="InvalidDataException">A file of the folder is damaged.</exception>
    public static ConversationCheck For(string folder, SftOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var most = Math.Min(options.MaxTokens, Qwen25VLConfig.Load(folder).Text.MaxPositions);
        return new(new ConversationEncoder(TokenizerLoader.Load(folder), new ImageProcessor(ImageProcessorOptions.Load(folder)), options.FromRound, most));
    }

    /// <summary>A check for a model whose vocabulary is yet to be learned: texts are read, images decoded.</summary>
    /// <returns>The check.</returns>
    public static ConversationCheck WithoutModel() => new(encoder: null);

    /// <summary>The faults of a source that has an end, in order, one line each; each names its conversation.</summary>
    /// <param name="source">The conversations.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A sentence for each fault; empty for none.</returns>
    public IEnumerable<string> Faults(IConversationSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Count == long.MaxValue) throw new ArgumentException("The source has no end.", nameof(source));
        for (var i = 0L; i < source.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Fault(source, i) is { } fault) yield return fault;
        }
    }

    /// <summary>Fails if opening a source found faulty conversations.</summary>
    /// <exception cref="InvalidDataException">It did; the message names the first of them.</exception>
    internal static void RequireSound(IConversationSource source)
    {
        var faults = source.Faults;
        if (faults.Count == 0) return;
        var more = faults.Count > Shown ? $"{Environment.NewLine}and {faults.Count - Shown} more: --dry-run names them all." : string.Empty;
        throw new InvalidDataException(string.Join(Environment.NewLine, faults.Take(Shown)) + more);
    }

    private string? Fault(IConversationSource source, long index)
    {
        try
        {
            var conversation = source.Read(index, seed: 0);
            if (_encoder is not null) _encoder.Encode(conversation);
            else Decode(conversation);
            return null;
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return broken.Message;
        }
    }

    private static void Decode(Conversation conversation)
    {
        foreach (var file in conversation.Turns.SelectMany(turn => turn.Parts).OfType<ConversationFile>())
        {
            try
            {
                ImageDecoder.Decode(file.Encoded);
            }
            catch (InvalidDataException broken)
            {
                throw new InvalidDataException($"{conversation.Name}: Image {file.Name}: {broken.Message}", broken);
            }
        }
    }
}
