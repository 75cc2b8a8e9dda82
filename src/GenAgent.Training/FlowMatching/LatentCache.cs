using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using GenAgent.Storage;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Training.Sources;
using GenAgent.Training.Workers;
using static TorchSharp.torch;

namespace GenAgent.Training.FlowMatching;

/// <summary>
/// The scaled latents of a source's images in a memory-mapped file, computed once and stored as 16-bit floats.
/// Safe to read from several threads at once.
/// </summary>
internal sealed unsafe class LatentCache : IDisposable
{
    private const int EncodeBatch = 16;
    private const int ReportEvery = 64;

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly Header _header;

    private LatentCache(string path, Header header, long origin)
    {
        _header = header;
        _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += origin;
    }

    /// <summary>Number of latents.</summary>
    public long Count => _header.Count;

    /// <summary>Channels, height and width of each.</summary>
    public (int Channels, int Height, int Width) Shape => (_header.Channels, _header.Height, _header.Width);

    private int Elements => _header.Channels * _header.Height * _header.Width;

    /// <summary>Opens the file if it holds exactly these latents; otherwise computes them and writes the file atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The images; their number must be finite.</param>
    /// <param name="model">Encodes them.</param>
    /// <param name="modelIdentity">Identifies the weights of <paramref name="model"/>.</param>
    /// <param name="device">Where it is.</param>
    /// <param name="workers">Do the work.</param>
    /// <param name="progress">Told of the share that is done.</param>
    /// <param name="cancellationToken">Stops; nothing is left behind.</param>
    public static LatentCache OpenOrMake(
        string path,
        IImageCaptionSource source,
        AutoencoderKL model,
        string modelIdentity,
        Device device,
        WorkerThreads workers,
        Action<double>? progress,
        CancellationToken cancellationToken)
    {
        var scale = model.Config.Downscale;
        var header = new Header(
            source.ImageIdentity, modelIdentity, source.Count, model.Config.LatentChannels, source.Height / scale, source.Width / scale, nameof(Half));
        if (Find(path, header) is not { } origin)
        {
            AtomicFile.Write(path, stream => Fill(stream, header, source, model, device, workers, progress, cancellationToken));
            origin = Find(path, header) ?? throw new IOException($"{path}: it was changed while it was written.");
        }

        return new LatentCache(path, header, origin);
    }

    /// <summary>Latents by number, <c>[count, channels, height, width]</c> in fp32.</summary>
    public Tensor Read(ReadOnlySpan<long> indices)
    {
        var size = Elements * sizeof(Half);
        using var halves = empty(indices.Length, _header.Channels, _header.Height, _header.Width, dtype: ScalarType.Float16);
        var target = halves.bytes;
        for (var i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)indices[i], (ulong)_header.Count, nameof(indices));
            new ReadOnlySpan<byte>(_start + (indices[i] * size), size).CopyTo(target.Slice(i * size, size));
        }

        return halves.to_type(ScalarType.Float32);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    private static void Fill(
        Stream stream,
        Header header,
        IImageCaptionSource source,
        AutoencoderKL model,
        Device device,
        WorkerThreads workers,
        Action<double>? progress,
        CancellationToken cancellationToken)
    {
        stream.Write(header.ToBytes());
        var batches = new byte[workers.Count][];
        for (var (at, round) = (0L, 0); at < source.Count; at += (long)EncodeBatch * workers.Count, round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var first = at;
            workers.Run(worker => batches[worker] = Encode(source, model, device, first + ((long)worker * EncodeBatch)));
            foreach (var batch in batches) stream.Write(batch);
            if (round % ReportEvery == 0) progress?.Invoke(at / (double)source.Count);
        }
    }

    private static byte[] Encode(IImageCaptionSource source, AutoencoderKL model, Device device, long first)
    {
        var count = (int)Math.Clamp(source.Count - first, 0, EncodeBatch);
        if (count == 0) return [];
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var images = empty(count, 3, source.Height, source.Width);
        var planes = MemoryMarshal.Cast<byte, float>(images.bytes);
        var size = 3 * source.Height * source.Width;
        for (var i = 0; i < count; i++) source.ReadImage(first + i, planes.Slice(i * size, size));
        using var latents = model.Encode(images.to(device));
        return model.Scale(latents.Mean).to_type(ScalarType.Float16).cpu().contiguous().bytes.ToArray();
    }

    // The offset of the first latent; null if the file does not exist or has other content.
    private static long? Find(string path, Header header)
    {
        if (!File.Exists(path)) return null;
        using var file = File.OpenRead(path);
        var expected = header.ToBytes();
        var actual = new byte[expected.Length];
        if (file.ReadAtLeast(actual, actual.Length, throwOnEndOfStream: false) < actual.Length || !actual.AsSpan().SequenceEqual(expected)) return null;
        return file.Length == expected.Length + (header.Count * header.Channels * header.Height * header.Width * sizeof(Half)) ? expected.Length : null;
    }

    private sealed record Header(string Source, string Model, long Count, int Channels, int Height, int Width, string Type)
    {
        public byte[] ToBytes() => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this) + "\n");
    }
}
