using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace GenAgent.Training.Logging;

/// <summary>A TensorBoard event file: records of protobuf events, each with its length and two checksums (TensorFlow's TFRecord).</summary>
internal sealed class EventFile : IDisposable
{
    private const int HeaderSize = sizeof(ulong) + sizeof(uint);
    private readonly FileStream _file;

    private EventFile(FileStream file) => _file = file;

    /// <summary>Opens a file for appending; first cuts off events later than a step, and an incomplete record.</summary>
    public static EventFile Open(string path, long step, TimeProvider clock)
    {
        var length = step > 0 && File.Exists(path) ? LengthUpTo(File.ReadAllBytes(path), step) : 0;
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
        file.Seek(0, SeekOrigin.End);
        var events = new EventFile(file);
        if (length == 0) events.Append(new Event { FileVersion = "brain.Event:2", WallTime = Seconds(clock.GetUtcNow()) });
        return events;
    }

    public void WriteScalars(long step, IReadOnlyDictionary<string, double> values, DateTimeOffset time)
    {
        var summary = new Summary();
        foreach (var (name, value) in values) summary.Value.Add(new Summary.Types.Value { Tag = name, SimpleValue = (float)value });
        Append(new Event { Step = step, WallTime = Seconds(time), Summary = summary });
    }

    public void WriteImage(long step, string tag, int width, int height, ReadOnlyMemory<byte> png, DateTimeOffset time)
    {
        var image = new Summary.Types.Image { Width = width, Height = height, Colorspace = 3, EncodedImageString = UnsafeByteOperations.UnsafeWrap(png) };
        Append(new Event { Step = step, WallTime = Seconds(time), Summary = new Summary { Value = { new Summary.Types.Value { Tag = tag, Image = image } } } });
    }

    public void Flush() => _file.Flush(flushToDisk: true);

    public void Dispose() => _file.Dispose();

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private void Append(Event item)
    {
        var payload = item.ToByteArray();
        var record = new byte[HeaderSize + payload.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), MaskedChecksum(record.AsSpan(0, sizeof(ulong))));
        payload.CopyTo(record.AsSpan(HeaderSize));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(HeaderSize + payload.Length), MaskedChecksum(payload));
        _file.Write(record);
        _file.Flush();
    }

    private static long LengthUpTo(byte[] bytes, long step)
    {
        var at = 0;
        while (TryReadRecord(bytes, at, out var payload) && Event.Parser.ParseFrom(bytes, at + HeaderSize, payload).Step <= step)
            at += HeaderSize + payload + sizeof(uint);
        return at;
    }

    private static bool TryReadRecord(byte[] bytes, int at, out int payload)
    {
        payload = 0;
        if (bytes.Length - at < HeaderSize + sizeof(uint)) return false;
        var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
        if (length > (ulong)(bytes.Length - at - HeaderSize - sizeof(uint))) return false;
        payload = (int)length;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + HeaderSize + payload)) == MaskedChecksum(bytes.AsSpan(at + HeaderSize, payload));
    }

    // TFRecord rotates and shifts its CRC-32C so that a checksum of data that itself holds checksums stays strong.
    private static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        crc = ~crc;
        return BitOperations.RotateRight(crc, 15) + 0xA282EAD8;
    }
}
