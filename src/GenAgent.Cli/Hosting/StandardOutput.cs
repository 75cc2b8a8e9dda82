using GenAgent.Trajectories;

namespace GenAgent.Cli.Hosting;

/// <summary>Standard output whose faults say that it is standard output: a full disk under a redirection has no file name of its own.</summary>
internal sealed class StandardOutput : WriteOnlyStream
{
    private readonly Stream? _inner;

    private StandardOutput(Stream? inner) => _inner = inner;

    /// <summary>Writes UTF-8 without a mark at its beginning, each piece at once.</summary>
    public static TextWriter Open(Stream inner) => StandardStreams.Writer(new StandardOutput(inner));

    /// <summary>Stands in for a standard output that is closed: the first result fails, and says why.</summary>
    public static TextWriter OpenClosed() => StandardStreams.Writer(new StandardOutput(null));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            (_inner ?? throw new IOException("it is closed.")).Write(buffer);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new StorageException("Standard output could not be written", cause as IOException
                ?? new IOException("it is closed."), "What was saved before stays.");
        }
    }
}
