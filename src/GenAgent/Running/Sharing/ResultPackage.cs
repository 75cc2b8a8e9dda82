using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Telemetry;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Running.Sharing;

/// <summary>A result on its way from a worker to the run's owner: a JSON value, a trajectory, and images by content. Immutable.</summary>
/// <param name="Body">What else there is to tell, as JSON; null for nothing.</param>
/// <param name="Trajectory">The trajectory; null for none.</param>
/// <param name="Images">The images by <see cref="ImageReference.Id"/>.</param>
public sealed record ResultPackage(JsonNode? Body, Trajectory? Trajectory, IReadOnlyDictionary<string, DataContent> Images)
{
    private const string Schema = "genagent.result/1";
    private const int HeadBytes = sizeof(int);

    /// <summary>Writes it without secrets.</summary>
    /// <param name="mask">Removes secrets; null for the forms that are known.</param>
    /// <returns>The bytes.</returns>
    public ReadOnlyMemory<byte> Write(SecretMask? mask = null)
    {
        mask ??= SecretMask.Default;
        ReadOnlyMemory<byte> body = Body is null ? default : MaskedJson.Apply(JsonSerializer.SerializeToUtf8Bytes(Body), mask, out _);
        ReadOnlyMemory<byte> trajectory = Trajectory is null ? default : TrajectoryJson.Write(Trajectory, mask);
        var images = Images.OrderBy(image => image.Key, StringComparer.Ordinal).ToList();
        var head = JsonSerializer.SerializeToUtf8Bytes(new Head(
            Schema, body.Length, trajectory.Length, [.. images.Select(image => new HeadImage(image.Key, image.Value.MediaType, image.Value.Data.Length))]));
        var length = new byte[HeadBytes];
        BinaryPrimitives.WriteInt32LittleEndian(length, head.Length);
        ReadOnlyMemory<byte>[] parts = [length, head, body, trajectory, .. images.Select(image => image.Value.Data)];
        var package = new byte[parts.Sum(part => part.Length)];
        var rest = package.AsMemory();
        foreach (var part in parts)
        {
            part.CopyTo(rest);
            rest = rest[part.Length..];
        }

        return package;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The package.</returns>
    /// <exception cref="InvalidDataException">It is no package, or an image is not what its name says.</exception>
    public static ResultPackage Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var rest = bytes;
            var head = JsonSerializer.Deserialize<Head>(Next(ref rest, BinaryPrimitives.ReadInt32LittleEndian(Next(ref rest, HeadBytes).Span)).Span)!;
            if (head.Schema is not Schema) throw new InvalidDataException($"its schema is \"{head.Schema}\", but this version reads {Schema}");
            var body = Next(ref rest, head.Body);
            var trajectory = Next(ref rest, head.Trajectory);
            Dictionary<string, DataContent> images = new(StringComparer.Ordinal);
            foreach (var image in head.Images) images.Add(image.Id, ImageOf(image, Next(ref rest, image.Bytes)));
            if (rest.Length > 0) throw new InvalidDataException("there are bytes after its end");
            return new(body.Length == 0 ? null : JsonNode.Parse(body.Span), trajectory.Length == 0 ? null : TrajectoryJson.Read(trajectory.Span), images);
        }
        catch (Exception broken) when (broken is JsonException or NullReferenceException or ArgumentException or InvalidDataException)
        {
            throw new InvalidDataException($"The result of a task cannot be read: {broken.Message}", broken);
        }
    }

    /// <summary>The trajectory of a task.</summary>
    /// <param name="key">The task's key, which is the trajectory's id.</param>
    /// <returns>The trajectory.</returns>
    /// <exception cref="InvalidDataException">There is none, or that of another task.</exception>
    public Trajectory TrajectoryOf(string key) => string.Equals(Trajectory?.Id, key, StringComparison.Ordinal)
        ? Trajectory!
        : throw new InvalidDataException($"The result of {key} holds another trajectory: {Trajectory?.Id ?? "none"}.");

    private static ReadOnlyMemory<byte> Next(ref ReadOnlyMemory<byte> rest, int length)
    {
        if (length < 0 || length > rest.Length) throw new InvalidDataException("it is cut off");
        var next = rest[..length];
        rest = rest[length..];
        return next;
    }

    private static DataContent ImageOf(HeadImage image, ReadOnlyMemory<byte> bytes) =>
        string.Equals(ImageInspector.ContentId(bytes.Span), image.Id, StringComparison.Ordinal)
            ? new DataContent(bytes, image.MediaType)
            : throw new InvalidDataException($"image {image.Id} is not what its name says");

    private sealed record Head(string Schema, int Body, int Trajectory, IReadOnlyList<HeadImage> Images);

    private sealed record HeadImage(string Id, string MediaType, int Bytes);
}
