package spawn_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"plone.example/restapi/internal/spawn"
)

func TestTask_Wait(t *testing.T) {
	t.Parallel()
	ran := false
	spawn.Go(func() { ran = true }).Wait()
	assert.True(t, ran)

	value := &struct{ name string }{"the same"}
	task := spawn.Go(func() { panic(value) })
	for range 2 { // as often as it is asked
		assert.PanicsWithValue(t, value, task.Wait)
	}
	assert.Panics(t, spawn.Go(func() { panic(nil) }).Wait) //nolint:govet // what becomes of it

	task = spawn.Go(runtime.Goexit)
	<-task.Done()
	returned, ended := false, make(chan struct{})
	go func() {
		defer close(ended)
		task.Wait()
		returned = true
	}()
	<-ended
	assert.False(t, returned, "runtime.Goexit is no success")
}

func TestTask_Join(t *testing.T) {
	t.Parallel()
	ending := spawn.Go(func() {}).Join()
	assert.False(t, ending.Early())
	ending.Repeat()
	ending = spawn.Go(func() { panic("x") }).Join()
	assert.True(t, ending.Early())
	assert.PanicsWithValue(t, "x", ending.Repeat)
	assert.True(t, spawn.Go(runtime.Goexit).Join().Early())
}

func TestGroup_Wait(t *testing.T) {
	t.Parallel()
	var g spawn.Group
	ran := make(chan struct{}, 3)
	g.Go(func() { ran <- struct{}{} })
	g.Wait()
	g.Go(func() { ran <- struct{}{} })
	g.Go(func() { panic("x") })
	assert.PanicsWithValue(t, "x", g.Wait)
	assert.Len(t, ran, 2)
}
