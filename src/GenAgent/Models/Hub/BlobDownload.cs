using System.Net;

namespace GenAgent.Models.Hub;

/// <summary>Downloads a file into the cache's <c>blobs</c>: resumes a partial download, and checks the hash before the file becomes visible.</summary>
internal sealed class BlobDownload(HubClient client, HubOptions options, TimeProvider timeProvider)
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>Ensures that the blob exists, and returns the number of downloaded bytes.</summary>
    public async Task<long> RunAsync(HubModel model, string commit, HubFile file, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        var repository = Path.Combine(options.CacheFolder, model.FolderName);
        var blob = Path.Combine(repository, "blobs", file.Hash);
        Directory.CreateDirectory(Path.Combine(repository, "blobs"));
        await using var held = await LockAsync(Path.Combine(options.CacheFolder, ".locks", model.FolderName, file.Hash + ".lock"), cancellationToken);
        if (File.Exists(blob) && new FileInfo(blob).Length == file.Size)
        {
            progress?.Report(new HubProgress(file, file.Size));
            return 0;
        }

        var partial = blob + ".incomplete";
        CheckSpace(repository, file, partial);
        var downloaded = 0L;
        var retry = new HubRetry(options, timeProvider);
        for (var attempt = 1; ; attempt++)
        {
            await retry.RunAsync(
                async () => downloaded += await LoadAsync(model, commit, file, partial, progress, cancellationToken),
                () => LengthOf(partial),
                cancellationToken);
            if (LengthOf(partial) == file.Size && await ContentHash.MatchesFileAsync(partial, file.Hash, cancellationToken))
            {
                File.Move(partial, blob, overwrite: true);
                return downloaded;
            }

            File.Delete(partial);
            if (attempt == 2)
            {
                throw new HubIntegrityException(
                    $"{model.Id}: {file.Path} arrived twice with another content than the hub announces ({file.Hash}). Something between here and the hub "
                        + "changes it.");
            }
        }
    }

    private async Task<long> LoadAsync(
        HubModel model, string commit, HubFile file, string partial, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        var have = LengthOf(partial);
        if (have >= file.Size && File.Exists(partial))
        {
            return 0;
        }

        using var response = await client.OpenAsync(model, commit, file, have, cancellationToken);
        var resumes = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == have;
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || (response.StatusCode == HttpStatusCode.PartialContent && !resumes))
        {
            File.Delete(partial);
            throw new BrokenTransferException($"{model.Id}: {file.Path}: the hub would not go on from byte {have}.", innerException: null);
        }

        var target = new FileStream(
            partial, resumes ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1, FileOptions.Asynchronous);
        await using (target)
        {
            var received = await CopyAsync(response, target, file, model, progress, cancellationToken);
            target.Flush(flushToDisk: true);
            return received;
        }
    }

    private async Task<long> CopyAsync(
        HttpResponseMessage response, FileStream target, HubFile file, HubModel model, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        var received = 0L;
        var buffer = new byte[1 << 18];
        using var silence = new CancellationTokenSource(options.SilenceTimeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            await using var source = await response.Content.ReadAsStreamAsync(either.Token);
            int read;
            while ((read = await source.ReadAsync(buffer, either.Token)) > 0)
            {
                // A file larger than announced is wrong; stop here, since its hash already differs.
                var wanted = (int)Math.Min(read, file.Size + 1 - target.Position);
                await target.WriteAsync(buffer.AsMemory(0, wanted), cancellationToken);
                received += read;
                progress?.Report(new HubProgress(file, Math.Min(target.Position, file.Size)));
                if (target.Position > file.Size)
                {
                    break;
                }

                silence.CancelAfter(options.SilenceTimeout);
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException
            || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BrokenTransferException($"{model.Id}: {file.Path} broke off at {target.Position} of {file.Size} bytes. {fault.Message}", fault);
        }

        return target.Position >= file.Size
            ? received
            : throw new BrokenTransferException($"{model.Id}: {file.Path} broke off at {target.Position} of {file.Size} bytes.", innerException: null);
    }

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static void CheckSpace(string folder, HubFile file, string partial)
    {
        var needed = file.Size - LengthOf(partial);
        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (free < needed)
        {
            throw new IOException(
                $"{folder}: {file.Path} needs {needed} more bytes, and the disk has {free} left. Free some, or set HF_HOME to a larger disk.");
        }
    }

    // Uses the same lock files (flock) as the hub's own program, so that both may download at once.
    private async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (; ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException fault) when (fault.GetType() == typeof(IOException))
            {
                await Task.Delay(LockPoll, timeProvider, cancellationToken);
            }
        }
    }
}
