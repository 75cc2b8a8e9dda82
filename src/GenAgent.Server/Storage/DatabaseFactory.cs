using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace GenAgent.Server.Storage;

/// <summary>Opens the database that the options name.</summary>
internal static class DatabaseFactory
{
    private const string FileName = "server.db";

    /// <summary>Opens it, and makes its tables where there are none.</summary>
    /// <param name="url">The PostgreSQL URL; null for SQLite.</param>
    /// <param name="password">The password of the PostgreSQL user; null for none, or the URL's own.</param>
    /// <param name="folder">The data folder.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="ArgumentException">The URL is none.</exception>
    /// <exception cref="DbException">The database cannot be opened.</exception>
    public static async Task<Database> OpenAsync(string? url, string? password, string folder, CancellationToken cancellationToken)
    {
        var database = url is { Length: > 0 }
            ? new Database(new NpgsqlDataSourceBuilder(ConnectionStringOf(url, password)).Build(), isPostgres: true)
            : new Database(new SqliteSource(Path.Combine(folder, FileName)), isPostgres: false);
        await Schema.CreateAsync(database, Schema.Server, cancellationToken);
        return database;
    }

    /// <summary>Opens a SQLite file with tables of its own, and makes them where there are none.</summary>
    /// <exception cref="DbException">The file cannot be opened.</exception>
    public static async Task<Database> OpenFileAsync(string file, IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        var database = new Database(new SqliteSource(file), isPostgres: false);
        await Schema.CreateAsync(database, schema, cancellationToken);
        return database;
    }

    private static string ConnectionStringOf(string url, string? password)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql") || uri.AbsolutePath.Length < 2)
        {
            throw new ArgumentException(
                "Server:Database is no PostgreSQL URL: write postgres://USER@HOST:PORT/NAME, "
                + "and the password into the environment variable GENAGENT_Secrets__database.",
                nameof(url));
        }

        var user = uri.UserInfo.Split(':', 2);
        var query = System.Web.HttpUtility.ParseQueryString(uri.Query);
        var builder = new NpgsqlConnectionStringBuilder
        {
            // A socket's folder does not fit into the place of a host.
            Host = query["host"] ?? uri.Host,
            Port = uri.Port > 0 ? uri.Port : NpgsqlConnection.DefaultPort,
            Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]),
            Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = password ?? (user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null),
            MaxPoolSize = 50,
            ApplicationName = "genagent",
        };
        return builder.ConnectionString;
    }

    /// <summary>Connections to a file: write-ahead log, so that readers never wait for the writer.</summary>
    private sealed class SqliteSource(string file) : DbDataSource
    {
        private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(30);

        public override string ConnectionString { get; } =
            new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = (int)BusyTimeout.TotalSeconds, Pooling = true }.ConnectionString;

        protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

        protected override DbConnection OpenDbConnection() => Opened(new SqliteConnection(ConnectionString));

        protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<DbConnection>(OpenDbConnection());

        private static SqliteConnection Opened(SqliteConnection connection)
        {
            try
            {
                connection.Open();
                using var command = connection.CreateCommand();

                // NORMAL: a killed process loses nothing; a power cut may lose the last moments, but never the database.
                command.CommandText = string.Create(
                    CultureInfo.InvariantCulture,
                    $"PRAGMA busy_timeout = {BusyTimeout.TotalMilliseconds}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
                command.ExecuteNonQuery();
                return connection;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
    }
}
