using System.Text;

namespace GenAgent.Storage;

/// <summary>Keeps records of two makes out of one folder: a file beside them says what they are made from, and is compared each time before more are added.</summary>
public static class FolderOrigin
{
    /// <summary>Writes the file where there is none, or compares it with the one that is there.</summary>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="origin">What the records are made from, as text.</param>
    /// <param name="records">What they are called, as <c>paintings</c>.</param>
    /// <exception cref="ArgumentException">The records that are there were made from something else.</exception>
    public static void Take(string path, string origin, string records)
    {
        if (!File.Exists(path))
        {
            AtomicFile.Write(path, Encoding.UTF8.GetBytes(origin));
            return;
        }

        var there = File.ReadAllText(path);
        if (!string.Equals(there, origin, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"{path}: the folder holds {records} that were made with other settings. Go on with the same settings, or choose another folder.{Environment.NewLine}There: {there}{Environment.NewLine}Asked for: {origin}",
                nameof(path));
        }
    }
}
