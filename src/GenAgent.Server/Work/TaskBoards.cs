using GenAgent.Running.Sharing;
using GenAgent.Server.Storage;

namespace GenAgent.Server.Work;

/// <summary>Opens boards of shared tasks.</summary>
public static class TaskBoards
{
    /// <summary>Opens the board of a database, and makes its tables where there are none.</summary>
    /// <param name="database">A PostgreSQL URL, <c>postgres://USER@HOST:PORT/NAME</c>; or a folder, for processes of one machine: SQLite in it.</param>
    /// <param name="password">The password of the PostgreSQL user; null for none, or the URL's own.</param>
    /// <param name="time">The clock of a folder's leases; a PostgreSQL server uses its own. Null for the system's.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The board; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The URL is none.</exception>
    /// <exception cref="BoardUnavailableException">The database cannot be opened.</exception>
    public static async Task<ITaskBoard> OpenAsync(string database, string? password, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(database);
        var isUrl = database.Contains("://", StringComparison.Ordinal);
        if (!isUrl) Directory.CreateDirectory(database);
        var opened = await SharedTaskTable.ReachAsync(
            () => DatabaseFactory.OpenAsync(isUrl ? database : null, password, database, cancellationToken), cancellationToken);
        return new SharedTaskTable(opened, time ?? TimeProvider.System);
    }
}
