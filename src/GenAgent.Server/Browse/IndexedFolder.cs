using System.Buffers;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>What the index knows of one folder of trajectories: a summary and a place for each line that has been read. For one task at a time.</summary>
/// <param name="path">The folder.</param>
/// <param name="source">What it is called.</param>
internal sealed class IndexedFolder(string path, string source)
{
    private const int BlockBytes = 1 << 20;

    private readonly List<IndexedTrajectory> _lines = [];
    private readonly Dictionary<string, IndexedImage> _images = new(StringComparer.Ordinal);
    private long _read;

    public string Path => path;

    public string Source => source;

    public IReadOnlyList<IndexedTrajectory> Lines => _lines;

    /// <summary>The images by their id.</summary>
    public IReadOnlyDictionary<string, IndexedImage> Images => _images;

    private string File => System.IO.Path.Combine(path, TrajectoryFolder.FileName);

    /// <summary>Reads what was added since; returns whether anything was.</summary>
    public bool Refresh()
    {
        var length = new FileInfo(File) is { Exists: true } file ? file.Length : 0;
        if (length == _read) return false;
        if (length < _read) Forget();
        if (length == 0) return true;
        using var stream = new FileStream(
            File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.SequentialScan);
        stream.Position = _read;
        ReadLines(stream);
        return true;
    }

    private void Forget()
    {
        _read = 0;
        _lines.Clear();
        _images.Clear();
    }

    private void ReadLines(FileStream stream)
    {
        var (buffer, filled) = (ArrayPool<byte>.Shared.Rent(BlockBytes), 0);
        try
        {
            while (stream.Read(buffer, filled, buffer.Length - filled) is > 0 and var count)
            {
                filled += count;
                var begin = 0;
                while (buffer.AsSpan(begin, filled - begin).IndexOf((byte)'\n') is >= 0 and var length)
                {
                    Take(buffer.AsSpan(begin, length), _read);
                    begin += length + 1;
                    _read += length + 1;
                }

                filled -= begin;
                buffer.AsSpan(begin, filled).CopyTo(buffer);
                if (filled < buffer.Length) continue;
                if (filled >= TrajectoryFolder.MaxLineBytes) break;
                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, filled).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }

            // The last line of a killed process may lack its end, and be whole nevertheless.
            if (filled > 0 && Take(buffer.AsSpan(0, filled), _read)) _read += filled;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A line that is no trajectory is passed over: the rest of the file is worth showing.
    private bool Take(ReadOnlySpan<byte> line, long offset)
    {
        try
        {
            if (line.IsEmpty) return true;
            var read = SummaryLine.Read(line);
            foreach (var image in read.OriginalImages.Concat(read.Rounds.SelectMany(round => round.Images)))
            {
                _images.TryAdd(image.Id, new(path, image.MediaType, read.Id));
            }
            _lines.Add(new(TrajectorySummary.Of(read, source), path, offset, line.Length));
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}

/// <summary>A trajectory and where its line stands.</summary>
internal sealed record IndexedTrajectory(TrajectorySummary Summary, string Folder, long Offset, int Length);

/// <summary>Where an image lies, and the first trajectory that names it.</summary>
internal sealed record IndexedImage(string Folder, string MediaType, string Trajectory);
