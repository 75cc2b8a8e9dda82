using System.Collections.Concurrent;

namespace GenAgent.Trajectories;

/// <summary>
/// A file of lines that grows at its end. A line is either there as a whole, on the disk, or not at all: writers that come at the same
/// time share one flush, and what a failed write left behind is cut off before the next one. Safe for many writers.
/// </summary>
public sealed class LineFile : IAsyncDisposable
{
    private readonly Stream _file;
    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private readonly SemaphoreSlim _turn = new(1);
    private long _whole;

    /// <summary>Takes the stream over, and cuts off a half-written last line.</summary>
    /// <param name="file">Readable, writable, seekable.</param>
    /// <param name="isWhole">Whether a last line without its end is nevertheless all there.</param>
    public LineFile(Stream file, Func<ReadOnlyMemory<byte>, bool> isWhole)
    {
        _file = file;
        var lastLine = FindLastLine();
        var tail = new byte[file.Length - lastLine];
        file.Position = lastLine;
        file.ReadExactly(tail);
        if (tail.Length > 0 && isWhole(tail))
        {
            file.Write("\n"u8);
        }
        else if (tail.Length > 0)
        {
            Cut = new HalfWrittenLine(lastLine, tail.Length);
            file.SetLength(lastLine);
        }

        _whole = file.Length;
    }

    /// <summary>What was cut off; null when all was whole.</summary>
    public HalfWrittenLine? Cut { get; }

    /// <summary>Adds a line. When the task is done, the line is on the disk.</summary>
    /// <param name="line">The line, without its end, and without a line end inside.</param>
    /// <param name="cancellationToken">Gives up waiting for other writers. Once the line is being written, it is written.</param>
    /// <returns>A task that ends when the line is on the disk.</returns>
    /// <exception cref="IOException">It could not be written, or the file was deleted meanwhile.</exception>
    public async Task AppendAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default)
    {
        RequireFile();
        var mine = new Waiting(line);
        _waiting.Enqueue(mine);
        try
        {
            await _turn.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!mine.TryWithdraw())
        {
            await mine.Written;
            return;
        }

        try
        {
            if (!mine.Written.IsCompleted)
            {
                await WriteAllWaitingAsync();
            }
        }
        finally
        {
            _turn.Release();
        }

        await mine.Written;
        RequireFile();
    }

    /// <summary>Waits for lines that are being written, and closes the file.</summary>
    /// <returns>A task that ends when the file is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        await _file.DisposeAsync();
        _turn.Dispose();
    }

    /// <summary>Fails if the file was deleted meanwhile: on Unix it goes on taking lines, which nobody will ever find.</summary>
    /// <exception cref="IOException">The file was deleted, or its folder was renamed.</exception>
    public void RequireFile()
    {
        if (_file is FileStream { Name: var name } && !File.Exists(name))
        {
            throw new IOException($"{Path.GetDirectoryName(name)} was deleted or renamed while a run was writing to it: what it would have kept is lost.");
        }
    }

    private async Task WriteAllWaitingAsync()
    {
        var batch = new List<Waiting>();
        while (_waiting.TryDequeue(out var next))
        {
            if (next.TryTake())
            {
                batch.Add(next);
            }
        }

        try
        {
            if (_file.Length != _whole)
            {
                _file.SetLength(_whole);
            }

            _file.Position = _whole;
            var lines = new MemoryStream();
            foreach (var waiting in batch)
            {
                lines.Write(waiting.Line.Span);
                lines.WriteByte((byte)'\n');
            }

            await _file.WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length));
            Flush();
            _whole = _file.Position;
            batch.ForEach(waiting => waiting.Done());
        }
        catch (Exception failure)
        {
            batch.ForEach(waiting => waiting.Failed(failure));
            CutBack();
        }
    }

    private void CutBack()
    {
        try
        {
            _file.SetLength(_whole);
        }
        catch (IOException)
        {
            // The next write cuts it off, or the next opening does.
        }
    }

    private void Flush()
    {
        if (_file is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }
        else
        {
            _file.Flush();
        }
    }

    // The position behind the last line end, looked for from the file's end.
    private long FindLastLine()
    {
        var block = new byte[64 * 1024];
        for (var end = _file.Length; end > 0;)
        {
            var start = Math.Max(0, end - block.Length);
            var part = block.AsSpan(0, (int)(end - start));
            _file.Position = start;
            _file.ReadExactly(part);
            if (part.LastIndexOf((byte)'\n') is >= 0 and var at)
            {
                return start + at + 1;
            }

            end = start;
        }

        return 0;
    }

    private sealed class Waiting(ReadOnlyMemory<byte> line)
    {
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _taken;

        public ReadOnlyMemory<byte> Line => line;

        public Task Written => _written.Task;

        /// <summary>Takes the line for writing; false when it was withdrawn.</summary>
        public bool TryTake() => Interlocked.CompareExchange(ref _taken, 1, 0) == 0;

        /// <summary>Withdraws the line; false when it has been taken.</summary>
        public bool TryWithdraw() => Interlocked.CompareExchange(ref _taken, 2, 0) == 0;

        public void Done() => _written.SetResult();

        public void Failed(Exception failure) => _written.SetException(failure);
    }
}
