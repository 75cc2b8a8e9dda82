using System.Text;
using GenAgent.Storage;

namespace GenAgent.Models.Hub;

/// <summary>The folder of one commit: links into <c>blobs</c> under the files' own names.</summary>
internal sealed class HubSnapshot(string cacheFolder, HubModel model, string commit)
{
    private readonly string _repository = Path.Combine(cacheFolder, model.FolderName);

    public string Folder => Path.Combine(_repository, "snapshots", commit);

    /// <summary>Makes a file's link point to its blob; where links cannot be made (Windows), copies it.</summary>
    public void Link(HubFile file)
    {
        var blob = Path.Combine(_repository, "blobs", file.Hash);
        var link = Path.Combine(Folder, Path.Combine(file.Path.Split('/')));
        var folder = Path.GetDirectoryName(link)!;
        Directory.CreateDirectory(folder);
        if (File.Exists(link) && File.ResolveLinkTarget(link, returnFinalTarget: false) is { } target
            && string.Equals(target.FullName, blob, StringComparison.Ordinal))
        {
            return;
        }

        // Written to a temporary name and renamed, so that readers always find a complete file.
        var aside = Path.Combine(folder, $".{Path.GetFileName(link)}.{Environment.ProcessId}.{Path.GetRandomFileName()}");
        try
        {
            File.CreateSymbolicLink(aside, Path.GetRelativePath(folder, blob));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            File.Copy(blob, aside);
        }

        File.Move(aside, link, overwrite: true);
    }

    /// <summary>Records the commit of the revision.</summary>
    public void WriteReference()
    {
        if (string.Equals(model.Revision, commit, StringComparison.Ordinal))
        {
            return;
        }

        var path = Path.Combine(_repository, "refs", Path.Combine(model.Revision.Split('/')));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(commit));
    }
}
