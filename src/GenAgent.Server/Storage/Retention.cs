using System.Globalization;
using GenAgent.Server.Jobs;
using GenAgent.Trajectories;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Storage;

/// <summary>Deletes old jobs and old days' folders, by age and by the room that they take. A folder that a process writes to stays.</summary>
internal sealed partial class Retention(ServerOptions options, JobTable table, DataFolder folder, TimeProvider time, ILogger<Retention> logger)
    : BackgroundService
{
    private const double BytesAGigabyte = 1L << 30;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Deletes what is too much now. One call at a time; others wait for it.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await RunAloneAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _turn.Dispose();
    }

    private async Task RunAloneAsync(CancellationToken cancellationToken)
    {
        var folders = Directory.Exists(folder.Runs) ? Directory.GetDirectories(folder.Runs).Order(StringComparer.Ordinal).ToList() : [];
        if (options.RetentionDays is { } days)
        {
            var oldest = time.GetUtcNow().AddDays(-days);
            await table.DeleteFinishedAsync(oldest, cancellationToken);
            folders.RemoveAll(path => DateOf(path) < oldest.Date && TryDelete(path));
        }

        if (options.DiskGigabytes is not { } gigabytes) return;
        var sizes = folders.ToDictionary(path => path, SizeOf, StringComparer.Ordinal);
        var total = sizes.Values.Sum();
        foreach (var path in folders.TakeWhile(_ => total > gigabytes * BytesAGigabyte))
        {
            if (TryDelete(path)) total -= sizes[path];
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailure(failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private bool TryDelete(string path)
    {
        try
        {
            using (FolderLock.Take(path)) LogDelete(path);
            Directory.Delete(path, recursive: true);
            return true;
        }
        catch (IOException)
        {
            // Somebody writes there.
            return false;
        }
    }

    private static DateTime DateOf(string path) =>
        DateTime.TryParseExact(Path.GetFileName(path).Split('-')[0], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date : DateTime.MaxValue;

    private static long SizeOf(string path) => new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    [LoggerMessage(Level = LogLevel.Error, Message = "Old jobs and trajectories could not be deleted.")]
    private partial void LogFailure(Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleting the runs of {Folder}.")]
    private partial void LogDelete(string folder);
}
