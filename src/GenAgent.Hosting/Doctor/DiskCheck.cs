
namespace GenAgent.Hosting.Doctor;

/// <summary>Whether the place of the run folders can be written to and has room.</summary>
/// <param name="folderOf">The folder of new runs; it may not exist yet.</param>
public sealed class DiskCheck(Func<CheckContext, string> folderOf) : ICheck
{
    private const long Gigabyte = 1L << 30;

    /// <inheritdoc/>
    public string Name => "disk";

    /// <inheritdoc/>
    public Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var wanted = context.Host.FullPath(folderOf(context));
        var folder = wanted;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException($"{wanted}: its root does not exist.");
        }

        try
        {
            var probe = Path.Combine(folder, $".genagent-doctor-{Guid.NewGuid():N}");
            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            file.Write(new byte[4096]);
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(Finding.Fault($"{folder} cannot be written to: {e.Message}", "Choose another place with --out, or set Run:Folder."));
        }

        var free = new DriveInfo(folder).AvailableFreeSpace;
        var detail = $"{folder} can be written to; {(double)free / Gigabyte:0.0} GiB free";
        return Task.FromResult(free < Gigabyte / 4
            ? Finding.Fault(detail, "Make room, or choose another place with --out or Run:Folder: a run of some hundred images needs about this much.")
            : Finding.Ok(detail));
    }
}
