using System.Buffers.Binary;
using System.Text.Json;
using GenAgent.Storage;
using static TorchSharp.torch;

namespace GenAgent.Torch.Safetensors;

/// <summary>Writes safetensors files atomically: to a temporary file that is flushed to disk and renamed.</summary>
public static class SafetensorsWriter
{
    private const int ChunkElements = 1 << 22;

    /// <summary>Writes all tensors to one file, replacing it if it is there. The same tensors always give the same bytes.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="tensors">Tensors of any device and layout; types that the format lacks are refused.</param>
    /// <param name="metadata">Free text for the header.</param>
    /// <exception cref="ArgumentException">The format does not support a tensor's type or a name.</exception>
    /// <exception cref="IOException">The file cannot be written; an existing file of that name is unchanged.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        var order = Order(tensors);
        var header = Header(order, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> prefix = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
            stream.Write(prefix);
            stream.Write(header);
            foreach (var (_, tensor, _) in order)
            {
                WriteElements(stream, tensor);
            }
        });
    }

    // Wide types first keeps every tensor aligned to its element size, as the reference writer does.
    private static List<(string Name, Tensor Tensor, SafetensorsType Type)> Order(IReadOnlyDictionary<string, Tensor> tensors)
    {
        var rows = new List<(string Name, Tensor Tensor, SafetensorsType Type)>(tensors.Count);
        foreach (var (name, tensor) in tensors)
        {
            if (string.Equals(name, SafetensorsHeader.MetadataKey, StringComparison.Ordinal))
            {
                throw new ArgumentException($"A tensor cannot be named \"{name}\": the format keeps its metadata there.", nameof(tensors));
            }

            if (!SafetensorsTypes.TryFromTorch(tensor.dtype, out var type))
            {
                throw new ArgumentException($"\"{name}\" is of type {tensor.dtype}, which safetensors cannot hold.", nameof(tensors));
            }

            rows.Add((name, tensor, type));
        }

        return [.. rows.OrderByDescending(row => SafetensorsTypes.SizeOf(row.Type)).ThenBy(row => row.Name, StringComparer.Ordinal)];
    }

    private static byte[] Header(List<(string Name, Tensor Tensor, SafetensorsType Type)> order, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            var at = 0L;
            foreach (var (name, tensor, type) in order)
            {
                var end = at + (tensor.numel() * SafetensorsTypes.SizeOf(type));
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTypes.NameOf(type));
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                at = end;
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.Length <= SafetensorsHeader.MaxLength
            ? buffer.ToArray()
            : throw new ArgumentException(
                $"The names and metadata take {buffer.Length} bytes, over the format's limit of {SafetensorsHeader.MaxLength}.", nameof(metadata));
    }

    private static void WriteElements(Stream stream, Tensor tensor)
    {
        if (tensor.numel() == 0)
        {
            return;
        }

        using var noGrad = no_grad();
        using var detached = tensor.detach();
        using var flat = detached.reshape(-1);
        for (var start = 0L; start < flat.numel(); start += ChunkElements)
        {
            using var slice = flat.narrow(0, start, Math.Min(ChunkElements, flat.numel() - start));
            using var local = slice.cpu();
            using var dense = local.contiguous();
            stream.Write(dense.bytes);
        }
    }
}
