using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using GenAgent.Storage;
using GenAgent.Tools;
using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories;

/// <summary>
/// Reads a folder of trajectories, also while another process writes to it; changes nothing. Safe to use from many tasks at once.
/// </summary>
/// <param name="path">The folder.</param>
public sealed class TrajectoryFolder(string path)
{
    /// <summary>The name of the file of trajectories in its folder.</summary>
    public const string FileName = "trajectories.jsonl";

    /// <summary>The most bytes of one trajectory's line.</summary>
    public const int MaxLineBytes = 1 << 28;

    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The file of trajectories.</summary>
    public string TrajectoryFile => System.IO.Path.Combine(Path, FileName);

    /// <summary>Where an image lies.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The file's path; the file need not be there.</returns>
    public string ImageFile(ImageReference image) => System.IO.Path.Combine([Path, .. image.Path().Split('/')]);

    /// <summary>Reads every trajectory in the order of writing; a last line that is not whole is passed over.</summary>
    /// <param name="badLine">Is told of a line that is no trajectory, which is then passed over; null to throw.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The trajectories.</returns>
    /// <exception cref="FileNotFoundException">There is no file of trajectories.</exception>
    /// <exception cref="InvalidDataException">A line is no trajectory; the message names file and line.</exception>
    public async IAsyncEnumerable<Trajectory> ReadAllAsync(
        Action<InvalidDataException>? badLine = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var file = Open();
        var lines = PipeReader.Create(file);
        for (var number = 1L; await ReadLineAsync(lines, cancellationToken) is var (line, ended); number++)
        {
            if (Parse(line, ended, $"line {number}", badLine) is { } trajectory)
            {
                yield return trajectory;
            }
        }
    }

    /// <summary>
    /// Reads the trajectories that begin at a place of the file or behind it, and whose lines are whole: the way to follow a file that grows.
    /// </summary>
    /// <param name="start">Bytes to pass over; where a line begins.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The trajectories with their places; none while there is no file.</returns>
    /// <exception cref="InvalidDataException">A line is no trajectory, or the file ends before the place; the message names file and place.</exception>
    public async IAsyncEnumerable<TrajectoryLine> ReadFromAsync(long start, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!File.Exists(TrajectoryFile)) yield break;
        await using var file = Open();
        if (file.Length < start)
        {
            throw new InvalidDataException(
                $"{TrajectoryFile} is shorter than it was, so that what was read before is gone: it was cut or replaced. Name another folder, or begin anew.");
        }

        file.Position = start;
        var lines = PipeReader.Create(file);
        while (await ReadLineAsync(lines, cancellationToken) is (var line, true))
        {
            yield return new(Parse(line, ended: true, $"the line at byte {start}", badLine: null)!, start, start + line.Length + 1);
            start += line.Length + 1;
        }
    }

    /// <summary>Reads an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The image's bytes and media type.</returns>
    /// <exception cref="FileNotFoundException">The image is not there.</exception>
    /// <exception cref="InvalidDataException">The file's content is not what its name says.</exception>
    public async Task<DataContent> ReadImageAsync(ImageReference image, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var bytes = await Task.Run(() => InnerPath.Read(ImageFile(image)), cancellationToken);
        return string.Equals(ImageInspector.ContentId(bytes), image.Id, StringComparison.Ordinal)
            ? new DataContent(bytes, image.MediaType)
            : throw new InvalidDataException($"{ImageFile(image)}: the content's SHA-256 is not the file's name: the file was changed or damaged.");
    }

    private FileStream Open() => new(
        TrajectoryFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1,
        FileOptions.Asynchronous | FileOptions.SequentialScan);

    private async Task<(byte[] Line, bool Ended)?> ReadLineAsync(PipeReader lines, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await lines.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end).ToArray();
                lines.AdvanceTo(read.Buffer.GetPosition(1, end));
                return (line, true);
            }

            if (read.IsCompleted)
            {
                var rest = read.Buffer.ToArray();
                lines.AdvanceTo(read.Buffer.End);
                return rest.Length > 0 ? (rest, false) : null;
            }

            if (read.Buffer.Length > MaxLineBytes)
            {
                throw new InvalidDataException($"{TrajectoryFile}: a line is longer than {MaxLineBytes} bytes (TrajectoryFolder.MaxLineBytes): this is no "
                    + $"file of trajectories, or it is damaged.");
            }

            lines.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private Trajectory? Parse(byte[] line, bool ended, string place, Action<InvalidDataException>? badLine)
    {
        try
        {
            return TrajectoryJson.Read(line);
        }
        catch (InvalidDataException) when (!ended)
        {
            return null;
        }
        catch (InvalidDataException bad)
        {
            var located = new InvalidDataException($"{TrajectoryFile}, {place}: {bad.Message}", bad);
            if (badLine is null)
            {
                throw located;
            }

            badLine(located);
            return null;
        }
    }
}
