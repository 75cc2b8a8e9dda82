namespace GenAgent.Server.Gateway;

/// <summary>Reads a stream up to a number of bytes; beyond, reading fails.</summary>
internal sealed class LimitedStream(Stream inner, long mostBytes) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Counted(inner.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Counted(await inner.ReadAsync(buffer, cancellationToken));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private int Counted(int count) => (_read += count) <= mostBytes
        ? count
        : throw new AnswerTooLongException(mostBytes);
}

/// <summary>An answer is longer than allowed.</summary>
/// <param name="mostBytes">How long it may be.</param>
internal sealed class AnswerTooLongException(long mostBytes)
    : IOException(FormattableString.Invariant($"The upstream's answer is longer than {mostBytes} bytes (Gateway:AnswerBytes)."));
