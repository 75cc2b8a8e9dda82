using GenAgent.Cli.Hosting;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>A file that a shared run reads: every worker has its own copy, at the same place below its working folder.</summary>
/// <param name="Path">The path, relative to the working folder, with <c>/</c>.</param>
/// <param name="Sha256">The digest of its content.</param>
internal sealed record SharedFile(string Path, string Sha256)
{
    /// <summary>A file of the run's owner.</summary>
    /// <exception cref="CliException">It does not lie below the working folder.</exception>
    public static SharedFile Of(CliHost host, string path)
    {
        var relative = System.IO.Path.GetRelativePath(host.WorkingFolder, path).Replace('\\', '/');
        return InnerPath.IsInner(host.WorkingFolder, relative)
            ? new(relative, FileDigest.Of(path))
            : throw new CliException(
                ExitCode.Usage, $"--share: {path} lies outside of the working folder. Workers look for the files of a run below theirs: copy it there.");
    }

    /// <summary>The worker's own copy.</summary>
    /// <exception cref="CliException">The path leaves the worker's working folder, or the file is missing or another.</exception>
    public string Find(CliHost host)
    {
        if (!InnerPath.IsInner(host.WorkingFolder, Path))
        {
            throw new CliException(ExitCode.Usage, $"The shared run names the file \"{Path}\", which lies outside of this worker's working folder.");
        }

        var full = System.IO.Path.GetFullPath(Path, host.WorkingFolder);
        if (!File.Exists(full)) throw new CliException(ExitCode.Usage, $"The shared run reads {Path}: copy it to {full}.");
        return FileDigest.Of(full).Equals(Sha256, StringComparison.Ordinal)
            ? full
            : throw new CliException(ExitCode.Usage, $"{full} is not the file that the shared run reads: its SHA-256 is not {Sha256}. Copy it again.");
    }
}
