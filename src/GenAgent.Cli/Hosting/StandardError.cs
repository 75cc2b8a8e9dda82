namespace GenAgent.Cli.Hosting;

/// <summary>
/// Standard error, which people read as long as there is somebody to read it: what a full disk or a terminal that is gone does not take is lost, and no run
/// ends by it.
/// </summary>
internal sealed class StandardError(Stream inner) : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // There is nowhere left to say so.
        }
    }
}
