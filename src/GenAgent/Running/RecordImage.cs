using GenAgent.Storage;
using GenAgent.Tools;

namespace GenAgent.Running;

/// <summary>Images of a folder of records, by the place that a record names.</summary>
public static class RecordImage
{
    /// <summary>Reads an image.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="place">The place below it that a record names.</param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="IOException">The image cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file's content is not what its name says: it was changed, damaged, or is a link to something
    /// else.</exception>
    public static byte[] Read(string folder, string place)
    {
        var path = InnerPath.Resolve(folder, place);
        var bytes = InnerPath.Read(path);
        return string.Equals(ImageInspector.ContentId(bytes), Path.GetFileNameWithoutExtension(path), StringComparison.Ordinal)
            ? bytes
            : throw new InvalidDataException($"{path}: the content's SHA-256 is not the file's name: the file was changed or damaged.");
    }
}
