using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using GenAgent.Torch.Packed;
using static TorchSharp.torch;

namespace GenAgent.Torch.Safetensors;

/// <summary>One safetensors file, mapped into memory: opening reads only the header; a tensor's pages are loaded when it is read. Thread-safe.</summary>
/// <remarks>The file must not be truncated while it is open; replacing it by renaming is safe.</remarks>
public sealed unsafe class SafetensorsFile : IWeightSource
{
    private const int LengthPrefix = 8;
    private const int PointerLength = 64;

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafetensorsHeader _header;
    private readonly long _dataStart;

    private SafetensorsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, SafetensorsHeader header, long dataStart)
    {
        Location = path;
        _map = map;
        _view = view;
        _header = header;
        _dataStart = dataStart;
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <summary>All tensors in the order of their bytes.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries => _header.Entries;

    /// <summary>The header's free text (<c>__metadata__</c>); empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header in full.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The file; the caller disposes it.</returns>
    /// <exception cref="SafetensorsException">The file breaks the format; the message says where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (FaultOf(stream) is { } wrong)
        {
            stream.Dispose();
            throw new SafetensorsException($"{path}: {wrong}");
        }

        var length = stream.Length;
        var map = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        MemoryMappedViewAccessor? view = null;
        try
        {
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            var header = ReadHeader(view, length, out var dataStart);
            return new SafetensorsFile(path, map, view, header, dataStart);
        }
        catch (Exception fault)
        {
            view?.Dispose();
            map.Dispose();
            if (fault is SafetensorsException)
            {
                throw new SafetensorsException($"{path}: {fault.Message}", fault.InnerException);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null)
    {
        var entry = Entry(name);
        var tensor = empty(entry.Shape.ToArray(), dtype: dtype ?? SafetensorsTypes.TorchTypeOf(entry.Type), device: device);
        try
        {
            Copy(entry, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void ReadInto(string name, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var entry = Entry(name);
        if (!entry.Shape.SequenceEqual(target.shape))
        {
            throw new SafetensorsException($"{Location}: {entry} does not fit a tensor of shape [{string.Join(", ", target.shape)}].");
        }

        Copy(entry, target);
    }

    bool IWeightSource.HasPacked => Entries.Values.Any(IsPacked);

    PackedWeight? IWeightSource.ReadPacked(string name, long firstRow, long rows)
    {
        var entry = Entry(name);
        if (!IsPacked(entry)) return null;
        var handle = _view.SafeMemoryMappedViewHandle;
        byte* pointer = null;
        handle.AcquirePointer(ref pointer);
        try
        {
            var format = entry.Type == SafetensorsType.F8E4M3 ? PackedFormat.E4M3 : PackedFormat.E5M2;
            return PackedBytes.Read(format, pointer + _view.PointerOffset + _dataStart + entry.Offset, entry.Shape[1], firstRow, rows);
        }
        finally
        {
            handle.ReleasePointer();
        }
    }

    long? IWeightSource.PackedBytes(string name) => IsPacked(Entry(name)) ? Entry(name).Length : null;

    private static bool IsPacked(TensorEntry entry) =>
        entry.Type is SafetensorsType.F8E4M3 or SafetensorsType.F8E5M2 && entry.Shape.Count == 2 && entry.Length > 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
    }

    private static string? FaultOf(FileStream stream) =>
        IsPickle(stream) ? "this is a pickle of PyTorch (.ckpt, .pt, .pth, .bin), which is not read: convert it to safetensors."
        : stream.Length < LengthPrefix ? $"{stream.Length} bytes are too few for a safetensors file."
        : null;

    // A zip archive, or for older ones protocol 2 and the number of ten bytes that they begin with.
    private static bool IsPickle(FileStream stream)
    {
        Span<byte> start = stackalloc byte[4];
        var count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return start[..count].StartsWith("PK\x03\x04"u8) || start[..count].SequenceEqual((ReadOnlySpan<byte>)[0x80, 2, 0x8A, 0x0A]);
    }

    private static SafetensorsHeader ReadHeader(MemoryMappedViewAccessor view, long fileLength, out long dataStart)
    {
        var handle = view.SafeMemoryMappedViewHandle;
        byte* pointer = null;
        handle.AcquirePointer(ref pointer);
        try
        {
            pointer += view.PointerOffset;
            if (ModelFile.IsPointer(new ReadOnlySpan<byte>(pointer, (int)Math.Min(fileLength, PointerLength))))
            {
                throw new SafetensorsException(ModelFile.PointerFault);
            }
            var length = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(pointer, LengthPrefix));
            if (length > SafetensorsHeader.MaxLength)
            {
                throw new SafetensorsException(
                    $"The header's length of {length} bytes is over the format's limit of {SafetensorsHeader.MaxLength}: no safetensors file?");
            }

            dataStart = LengthPrefix + (long)length;
            if (dataStart > fileLength)
            {
                throw new SafetensorsException($"The header of {length} bytes goes past the end of the file ({fileLength} bytes): the file was cut off.");
            }

            return SafetensorsHeader.Parse(new ReadOnlySpan<byte>(pointer + LengthPrefix, (int)length), fileLength - dataStart);
        }
        finally
        {
            handle.ReleasePointer();
        }
    }

    private TensorEntry Entry(string name) =>
        Entries.TryGetValue(name, out var entry)
            ? entry
            : throw new SafetensorsException($"{Location}: there is no tensor \"{name}\".");

    private void Copy(TensorEntry entry, Tensor target)
    {
        // Holding the pointer keeps the mapping alive even if another thread disposes meanwhile.
        var handle = _view.SafeMemoryMappedViewHandle;
        byte* pointer = null;
        handle.AcquirePointer(ref pointer);
        try
        {
            TensorBytes.CopyTo(pointer + _view.PointerOffset + _dataStart + entry.Offset, entry.Type, target);
        }
        finally
        {
            handle.ReleasePointer();
        }
    }
}
