using static TorchSharp.torch;

namespace GenAgent.Torch.Packed;

/// <summary>A quantized matrix as stored in a file, which is widened at each use. Immutable; owns its tensors.</summary>
internal sealed class PackedWeight : IDisposable
{
    /// <summary>Takes the tensors over.</summary>
    /// <param name="format">How the numbers are kept.</param>
    /// <param name="codes">The blocks without their factors: <c>[rows, blocks, bytes]</c>, uint8.</param>
    /// <param name="heads">The blocks' factors: <c>[rows, blocks, factors]</c>, fp16; null for formats without.</param>
    /// <param name="scale">What all numbers are multiplied by: <c>[1, 1]</c> or <c>[rows, 1]</c>, fp32; null for 1.</param>
    public PackedWeight(PackedFormat format, Tensor codes, Tensor? heads, Tensor? scale = null)
    {
        Format = format;
        Codes = codes.DetachFromDisposeScope();
        Heads = heads?.DetachFromDisposeScope();
        Scale = scale?.DetachFromDisposeScope();
    }

    public PackedFormat Format { get; }

    public Tensor Codes { get; }

    public Tensor? Heads { get; }

    public Tensor? Scale { get; }

    public Device Device => Codes.device;

    /// <summary>Memory that it takes.</summary>
    public long Bytes => Codes.numel() + (2 * (Heads?.numel() ?? 0)) + (4 * (Scale?.numel() ?? 0));

    /// <summary>The matrix, <c>[rows, columns]</c>, in a wide type; the caller disposes it.</summary>
    public Tensor Widen(ScalarType dtype) => PackedCodes.Widen(this, dtype);

    /// <summary>The same on another device, with another scale beside it; this one is disposed of.</summary>
    public PackedWeight MoveTo(Device device)
    {
        if (device.type == Codes.device_type && device.index == Codes.device_index) return this;
        using (this) return new PackedWeight(Format, Codes.to(device), Heads?.to(device), Scale?.to(device));
    }

    /// <summary>The same with a scale, which is taken over; this one must not be used any more.</summary>
    public PackedWeight WithScale(Tensor scale) => new(Format, Codes, Heads, scale);

    /// <summary>Concatenates the rows of matrices of one format and width, and disposes them.</summary>
    public static PackedWeight Join(IReadOnlyList<PackedWeight> parts)
    {
        if (parts.Count == 1) return parts[0];
        using var scope = NewDisposeScope();
        var joined = new PackedWeight(
            parts[0].Format,
            cat([.. parts.Select(part => part.Codes)], 0),
            parts[0].Heads is null ? null : cat([.. parts.Select(part => part.Heads!)], 0),
            parts.All(part => part.Scale is null) ? null : cat([.. parts.Select(part => RowScale(part))], 0));
        foreach (var part in parts) part.Dispose();
        return joined;
    }

    public void Dispose()
    {
        Codes.Dispose();
        Heads?.Dispose();
        Scale?.Dispose();
    }

    private static Tensor RowScale(PackedWeight part)
    {
        var rows = part.Codes.shape[0];
        return part.Scale is { } scale ? scale.expand(rows, 1) : ones([rows, 1], dtype: ScalarType.Float32, device: part.Device);
    }
}
