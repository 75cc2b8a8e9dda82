using System.IO.MemoryMappedFiles;
using GenAgent.Torch.Packed;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Gguf;

/// <summary>A GGUF file, mapped into memory: F32, F16 and BF16 as they are, Q8_0, Q4_K, Q5_K and Q6_K packed or widened. Thread-safe.</summary>
internal sealed unsafe class GgufFile : IWeightSource
{
    /// <summary>The end of such files' names.</summary>
    public const string Ending = ".gguf";

    private const long MostHeader = 256L << 20;

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<string, GgufTensor> _tensors;

    private GgufFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, Dictionary<string, GgufTensor> tensors, Dictionary<string, string> texts)
    {
        (Location, _map, _view, _tensors) = (path, map, view, tensors);
        Architecture = texts.GetValueOrDefault("general.architecture", string.Empty);
        Entries = tensors.ToDictionary(pair => pair.Key, pair => pair.Value.Entry, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <summary>The model's architecture, such as <c>flux</c>, <c>qwen2vl</c> or <c>clip</c>; empty if the file does not say.</summary>
    public string Architecture { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    bool IWeightSource.HasPacked => _tensors.Values.Any(tensor => tensor.Type.Packed is not null);

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="SafetensorsException">The file breaks the format, or uses an unsupported number type; the message says which.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var length = new FileInfo(path).Length;
        if (length < 24) throw new SafetensorsException($"{path}: {length} bytes are too few for a GGUF file.");
        var map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        MemoryMappedViewAccessor? view = null;
        try
        {
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            using var pointer = new Pointer(view);
            var start = new ReadOnlySpan<byte>(pointer.First, (int)Math.Min(length, MostHeader));
            if (ModelFile.IsPointer(start)) throw new SafetensorsException(ModelFile.PointerFault);
            var (tensors, texts) = GgufHeader.Read(start, length);
            return new GgufFile(path, map, view, tensors, texts);
        }
        catch (Exception fault)
        {
            view?.Dispose();
            map.Dispose();
            if (fault is SafetensorsException or OverflowException) throw new SafetensorsException($"{path}: {fault.Message}", fault.InnerException);
            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null)
    {
        var tensor = Find(name);
        using var scope = NewDisposeScope();
        Tensor values;
        if (tensor.Type.Packed is null)
        {
            using var pointer = new Pointer(_view);
            values = empty(tensor.Entry.Shape.ToArray(), dtype: dtype ?? SafetensorsTypes.TorchTypeOf(tensor.Entry.Type));
            TensorBytes.CopyTo(pointer.First + tensor.Entry.Offset, tensor.Entry.Type, values);
        }
        else
        {
            using var packed = Pack(tensor, 0, Rows(tensor));
            values = packed.Widen(dtype ?? ScalarType.Float32).view(tensor.Entry.Shape.ToArray());
        }

        return values.to(device ?? CPU).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void ReadInto(string name, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var entry = Find(name).Entry;
        if (!entry.Shape.SequenceEqual(target.shape))
        {
            throw new SafetensorsException($"{Location}: {entry} does not fit a tensor of shape [{string.Join(", ", target.shape)}].");
        }
        using var values = Read(name, ScalarType.Float32);
        using var noGradients = no_grad();
        target.copy_(values);
    }

    PackedWeight? IWeightSource.ReadPacked(string name, long firstRow, long rows) =>
        Find(name) is { Type.Packed: not null } tensor ? Pack(tensor, firstRow, rows) : null;

    long? IWeightSource.PackedBytes(string name) =>
        Find(name) is { Type.Packed: not null } tensor ? Rows(tensor) * tensor.Type.RowBytes(tensor.Entry.Shape[^1], name) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
    }

    private static long Rows(GgufTensor tensor) => tensor.Entry.ElementCount / tensor.Entry.Shape[^1];

    private PackedWeight Pack(GgufTensor tensor, long firstRow, long rows)
    {
        using var pointer = new Pointer(_view);
        return PackedBytes.Read(tensor.Type.Packed!.Value, pointer.First + tensor.Entry.Offset, tensor.Entry.Shape[^1], firstRow, rows);
    }

    private GgufTensor Find(string name) =>
        _tensors.TryGetValue(name, out var tensor) ? tensor : throw new SafetensorsException($"{Location}: there is no tensor \"{name}\".");

    /// <summary>Holds the mapping while its bytes are read.</summary>
    private readonly ref struct Pointer
    {
        private readonly MemoryMappedViewAccessor _view;

        public Pointer(MemoryMappedViewAccessor view)
        {
            _view = view;
            byte* first = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref first);
            First = first + view.PointerOffset;
        }

        public byte* First { get; }

        public void Dispose() => _view.SafeMemoryMappedViewHandle.ReleasePointer();
    }
}
